/**
 * Independent laws of the arms over one axis, as {@link bestArmBySteps} needs them: with a column of values for each
 * arm, at whole multiples of a step from `begin` down. A column stays until its law or the step changes.
 */
export interface SteppedLaws {
  /** An arm falls below `low` or rises above `high` with a probability of at most `e^−nats`, see {@link natsOf}. */
  readonly low: Float64Array
  readonly high: Float64Array
  /** About half of the law lies below. */
  readonly middle: Float64Array
  /** From here on two arms meet so seldom that sums may begin. At most `high`. */
  readonly start: Float64Array
  /** The analytic continuation of the density has `∫ |f_k(t + iy)| dt <= exp(bend·y²)` for `|y| <= reach`. */
  readonly bend: Float64Array
  readonly reach: Float64Array
  readonly columns: Columns
  /** The sum of `h·f_k` over the multiples of h above `begin·h`; 0 where that is beyond `high`. */
  beyond(k: number, begin: number, h: number): number
  /** Lengthens the column of arm k to so many values. */
  lengthen(k: number, h: number, to: number): void
}

/** Longer columns are left to quadrature. */
export const MOST_STEPS = 256

/** Values at the multiples of a step: those of arm k from `width·k` on. */
export interface Columns {
  readonly width: number
  readonly begin: Int32Array
  /** How many values there are; negative where the law is new. */
  readonly length: Int32Array
  /** `Σ h·f` above `begin`, and above the next value. */
  readonly above: Float64Array
  readonly sum: Float64Array
  /** The distribution function, at least {@link LEAST_BELOW}. */
  readonly below: Float64Array
  /** The density over that. */
  readonly hazard: Float64Array
}

/** So that it may be divided by. */
export const LEAST_BELOW = 1e-30

export function emptyColumns(arms: number): Columns {
  const width = MOST_STEPS
  return {
    width,
    begin: new Int32Array(arms),
    length: new Int32Array(arms).fill(-1),
    above: new Float64Array(arms),
    sum: new Float64Array(arms),
    below: new Float64Array(arms * width),
    hazard: new Float64Array(arms * width),
  }
}

/**
 * How far below its peak, in nats, a density may be left out: a log-concave one then holds at most `1/(e^nats − 1)`
 * beyond, and all arms' together half of a third of the error, in sums and distribution functions.
 */
export function natsOf(error: number, arms: number): number {
  return Math.log((27 * arms) / error)
}
