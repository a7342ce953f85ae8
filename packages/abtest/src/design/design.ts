import type { Warning } from '@mlops/core'
import type { Alternative } from '@mlops/stats'
import type { ComparisonTest, Correction } from './comparisons.ts'
import { comparisonLevel } from './comparisons.ts'
import { oneOfDesign } from './design-checks.ts'
import type { Looks } from './looks.ts'
import { checkLooks, lookingTest } from './looks.ts'
import { tPower, zPower } from './power.ts'
import { bad } from './sample-size.ts'

/** What every design may say beside its own numbers. */
export interface DesignSettings {
  /** Level of all comparisons with the control together. @default 0.05 */
  readonly alpha?: number
  /** Of treatment minus control. @default 'two-sided' */
  readonly alternative?: Alternative
  /** Weights of the arms, control first; one number per arm. @default [1, 1] */
  readonly allocation?: readonly number[]
  /** How several treatments share the level. @default 'bonferroni' */
  readonly correction?: Correction
  /** The experiment is looked at while it runs. @default one look, at the end */
  readonly looks?: Looks
}

/** A planned experiment: what it tests, and with which power at which units. Made by the `designFor…` functions. */
export interface Design {
  readonly method: string
  /** What is counted: units, pairs, or clusters. */
  readonly unit: 'units' | 'pairs' | 'clusters'
  /** What the effect is. */
  readonly scale: string
  readonly alpha: number
  readonly alphaPerComparison: number
  readonly correction: Correction | null
  readonly alternative: Alternative
  /** A power counts both tails of a two-sided test, or the one where the effect lies. */
  readonly tails: 'both' | 'one'
  readonly allocation: readonly number[]
  readonly adjustments: readonly string[]
  /** Power does not rise steadily with the units, since counts are whole. */
  readonly sawTooth: boolean
  /** The effect at a signed distance from "no effect", and back. */
  readonly effectAt: (distance: number) => number
  readonly distanceOf: (effect: number) => number
  /** Distances end here, in either direction; beyond lies no effect. */
  readonly limits: { readonly down: number; readonly up: number }
  /** Smallest units per arm that the test can take. */
  readonly leastUnits: number
  /** Power against the hardest treatment. */
  readonly power: (units: readonly number[], effect: number) => number
  readonly warningsAt: (units: readonly number[], effect: number | null) => readonly Warning[]
}

/** What a family of designs has to say. */
export interface DesignDefinition {
  readonly method: string
  readonly scale: string
  readonly unit?: Design['unit']
  readonly limits?: Design['limits']
  readonly effectAt?: Design['effectAt']
  readonly distanceOf?: Design['distanceOf']
  readonly sawTooth?: boolean
  readonly leastUnits?: number
  readonly adjustments?: readonly string[]
  /** Power of one treatment against the control. */
  readonly pair: (
    control: number,
    treatment: number,
    effect: number,
    test: ComparisonTest,
  ) => number
  readonly warningsAt?: Design['warningsAt']
}

/**
 * Puts a design together: level per comparison, looks, and the power of its hardest comparison.
 *
 * @throws `invalid` `abtest.invalid-design`.
 */
export function defineDesign(settings: DesignSettings, definition: DesignDefinition): Design {
  const {
    alpha = 0.05,
    alternative = 'two-sided',
    allocation = [1, 1],
    correction = 'bonferroni',
    looks,
  } = settings
  checkSettings({ alpha, alternative, allocation })
  const treatments = allocation.length - 1
  const level = comparisonLevel({ alpha, alternative, allocation, correction })
  const fixed: ComparisonTest = {
    level,
    alternative,
    z: (shift, nullRatio) => zPower(shift, level, alternative, nullRatio),
    t: (delta, df) => tPower(delta, df, level, alternative),
  }
  checkLooks(looks)
  const seen = looks === undefined ? undefined : lookingTest(looks, level, alternative)
  const test = seen ?? fixed
  const { effectAt = same, distanceOf = same, limits, pair } = definition
  return {
    method: definition.method,
    unit: definition.unit ?? 'units',
    scale: definition.scale,
    alpha,
    alphaPerComparison: level,
    correction: treatments > 1 ? correction : null,
    alternative,
    tails: alternative === 'two-sided' && seen?.tails !== 'one' ? 'both' : 'one',
    allocation: [...allocation],
    adjustments: [
      ...(definition.adjustments ?? []),
      ...(treatments > 1 ? [shared(treatments, correction, level)] : []),
      ...(seen?.adjustments ?? []),
    ],
    sawTooth: definition.sawTooth ?? false,
    effectAt,
    distanceOf,
    limits: limits ?? { down: Number.POSITIVE_INFINITY, up: Number.POSITIVE_INFINITY },
    leastUnits: definition.leastUnits ?? 2,
    power: (units, effect) => {
      let least = 1
      for (const treatment of new Set(units.slice(1)))
        least = Math.min(least, pair(units[0]!, treatment, effect, test))
      return least
    },
    warningsAt: definition.warningsAt ?? (() => []),
  }
}

/** Units of the arms for so many under control. */
export function armsFor(allocation: readonly number[], control: number): number[] {
  return allocation.map((weight, arm) =>
    arm === 0 ? control : Math.max(1, Math.ceil((control * weight) / allocation[0]! - 1e-9)),
  )
}

function checkSettings({
  alpha,
  alternative,
  allocation,
}: Required<Pick<DesignSettings, 'alpha' | 'alternative' | 'allocation'>>): void {
  if (!(typeof alpha === 'number' && alpha > 0 && alpha < 1))
    throw bad(`alpha must lie strictly between 0 and 1, got ${alpha}`, { alpha })
  oneOfDesign('alternative', alternative, ['two-sided', 'less', 'greater'])
  const fine =
    Array.isArray(allocation) &&
    allocation.length >= 2 &&
    allocation.every((weight) => weight > 0 && weight < Number.POSITIVE_INFINITY)
  if (!fine)
    throw bad('allocation must be at least two positive weights, control first: [1, 1]', {
      allocation,
    })
}

function shared(treatments: number, correction: Correction, level: number): string {
  return correction === 'none'
    ? `${treatments} treatments against one control, each at the whole level: nothing is adjusted for their number`
    : `${treatments} treatments against one control share the level (${correction}): ${level.toPrecision(4)} each; the power is that of one comparison, the hardest`
}

function same(value: number): number {
  return value
}
