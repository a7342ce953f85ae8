import type { FamilyReadout } from '../readout.ts'
import { bad } from './analysis-options.ts'
import type { ArmData } from './arm-data.ts'
import { badArms } from './arm-data.ts'
import type { CompareArmsOptions } from './arm-tests.ts'
import { readoutOf, sampleRatioGuard } from './build-readout.ts'
import { analysedArms } from './compare-arms.ts'
import type { FamilyOptions } from './family.ts'
import { familyOf } from './family.ts'
import type { OmnibusTest } from './omnibus-test.ts'
import { omnibusOf } from './omnibus-test.ts'

export interface CompareManyArmsOptions
  extends Omit<CompareArmsOptions, 'allocation' | 'clusters'>,
    FamilyOptions {
  /** Planned shares, control's first and the treatments' in their order. @default equal ones */
  readonly allocation?: readonly number[]
  /** A test of all arms at once, shown beside the comparisons; the verdict is theirs. @default none */
  readonly omnibus?: OmnibusTest
}

/**
 * Compares several treatments with one control, adjusted for their number.
 *
 * Input: the control, and treatments by name, all in one form ({@link ArmData}). Every comparison is by
 * the same test. Output: a {@link FamilyReadout} with a row for each treatment; the sample-ratio check is
 * over all arms at once. Cost: that of the test, for each treatment.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`, and as `compareArms`.
 * @example
 * ```ts
 * import { compareManyArms } from '@mlops/abtest'
 *
 * const family = compareManyArms(
 *   { successes: 500, n: 10_000 },
 *   { green: { successes: 590, n: 10_000 }, red: { successes: 520, n: 10_000 } },
 * )
 * console.log(family.armVerdicts)
 * // [ { arm: 'green', verdict: 'pass' }, { arm: 'red', verdict: 'inconclusive' } ]
 * ```
 */
export function compareManyArms(
  control: ArmData,
  treatments: Readonly<Record<string, ArmData>>,
  options: CompareManyArmsOptions = {},
): FamilyReadout {
  if (typeof options !== 'object' || options === null)
    throw bad('the options must be an object', {})
  const names = typeof treatments === 'object' && treatments !== null ? Object.keys(treatments) : []
  if (names.length === 0 || Array.isArray(treatments) || names.includes('control'))
    throw badArms("treatments must be { name: data, … } with names other than 'control'", { names })
  const { allocation, adjust, alpha, omnibus, ...rest } = options
  const shares = allocation ?? [1, ...names].map(() => 1 / (names.length + 1))
  if (
    !Array.isArray(shares) ||
    shares.length !== names.length + 1 ||
    !shares.every((share) => share > 0)
  )
    throw bad(`allocation must be ${names.length + 1} positive shares, control first`, {
      allocation,
    })
  const members = names.map((arm) => {
    const { found, checked } = analysedArms(control, treatments[arm]!, {
      ...rest,
      ...(alpha !== undefined && { alpha }),
    })
    const arms = [found.arms[0], { ...found.arms[1], name: arm }] as const
    return { arm, readout: readoutOf({ ...found, arms }, checked, { design: 'unpaired' }) }
  })
  const counts = [members[0]!.readout.arms[0], ...members.map(({ readout }) => readout.arms[1])]
  const guards = sampleRatioGuard(
    counts.map(({ n, dropped }) => n + dropped),
    shares,
  )
  const all =
    omnibus === undefined
      ? undefined
      : omnibusOf([['control', control], ...Object.entries(treatments)], omnibus)
  return familyOf(
    members,
    { ...(adjust !== undefined && { adjust }), ...(alpha !== undefined && { alpha }) },
    guards,
    all,
  )
}
