import type { Alternative } from '@mlops/stats'
import { normal } from '@mlops/stats'
import { asymptoticSequence } from '../sequential/asymptotic-sequence.ts'
import { groupSequentialBounds } from '../sequential/bounds.ts'
import { groupSequentialPower } from '../sequential/power.ts'
import type { SpendingFunction } from '../sequential/spending.ts'
import type { ComparisonTest } from './comparisons.ts'
import { bad } from './sample-size.ts'

/** How an experiment is looked at while it runs. */
export type Looks =
  | {
      readonly kind: 'group-sequential'
      /** Number of equally spaced looks, or the share of the units at each. */
      readonly looks: number | readonly number[]
      /** @default 'lan-demets-obrien-fleming' */
      readonly spending?: SpendingFunction
    }
  | {
      readonly kind: 'asymptotic-sequence'
      /** Units of both arms at which it is tightest. */
      readonly tightestAt: number
    }

/** A test that is looked at, with the words for its result. */
export interface LookingTest extends ComparisonTest {
  readonly tails: 'both' | 'one'
  readonly adjustments: readonly string[]
}

/** @throws `invalid` `abtest.invalid-design` */
export function checkLooks(looks: unknown): void {
  if (looks === undefined) return
  const { kind } = (looks ?? {}) as { kind?: unknown }
  if (kind === 'group-sequential' || kind === 'asymptotic-sequence') return
  throw bad(
    "looks must be { kind: 'group-sequential', looks } or { kind: 'asymptotic-sequence', tightestAt }; leave them out for one look at the end",
    { looks },
  )
}

/**
 * Power of a test that is looked at: of stopping for the effect by the last look (group sequential), or of being
 * past the bound when all units are there (asymptotic sequence, whose power to have stopped by then is larger).
 *
 * With several looks a t test counts as the z test of the same shift. A standard error that differs under the
 * null enters as the shift that has the same power in one look.
 */
export function lookingTest(looks: Looks, level: number, alternative: Alternative): LookingTest {
  const towards = (shift: number) =>
    alternative === 'greater' ? shift : alternative === 'less' ? -shift : Math.abs(shift)
  if (looks.kind === 'asymptotic-sequence') {
    const z = (shift: number, nullRatio: number, units: number) => {
      const { interval } = asymptoticSequence(0, 1, {
        n: units,
        tightestAt: looks.tightestAt,
        alpha: level,
        alternative,
      })
      const critical = interval.upper ?? -interval.lower!
      const near = normal.sf(critical * nullRatio - towards(shift))
      return alternative === 'two-sided'
        ? near + normal.sf(critical * nullRatio + Math.abs(shift))
        : near
    }
    return {
      level,
      alternative,
      z,
      t: (delta, _df, units) => z(delta, 1, units),
      tails: 'both',
      adjustments: [
        `always-valid bound, tightest at ${looks.tightestAt} units: the power is that of the look when all units are there`,
      ],
    }
  }
  const { looks: times, spending = 'lan-demets-obrien-fleming' } = looks
  const two = alternative === 'two-sided'
  const bounds = groupSequentialBounds({
    looks: times,
    alpha: level,
    sides: two ? 'two' : 'one',
    spending,
  })
  const side = normal.quantileSf(two ? level / 2 : level)
  const z = (shift: number, nullRatio: number) => {
    const drift = towards(shift) - side * (nullRatio - 1)
    // Integration needs no more than this to say 1.
    return drift > 60 ? 1 : groupSequentialPower(bounds, { drift }).power
  }
  return {
    level,
    alternative,
    z,
    t: (delta) => z(delta, 1),
    tails: 'one',
    adjustments: [
      ...bounds.adjustments,
      'the power is that of stopping for the effect at any look; units are those of the last',
    ],
  }
}
