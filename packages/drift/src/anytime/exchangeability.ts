import type { RngState } from '@mlops/core'
import { createRng, givenOptions, invalid } from '@mlops/core'
import { requireChoice } from '../stream/require-option.ts'
import { requireState } from './bounded-value.ts'
import type { ExchangeabilityReference, JitteredEdge } from './exchangeability-reference.ts'

export interface ExchangeabilityOptions {
  /**
   * `sample`: the reference is a finite sample, and so is the stream; exact at any size.
   * `distribution`: the reference's shares are the truth; stronger, and wrong once the stream is about as
   * long as the reference. @default 'sample'
   */
  readonly treatReferenceAs?: 'sample' | 'distribution'
  /** How categories are ordered; as given to `categoryExchangeability`. @default 'ascending' */
  readonly order?: 'ascending' | 'descending'
}

/** What the test carries along. Plain JSON. */
export interface ExchangeabilityState {
  readonly kind: 'exchangeability'
  readonly n: number
  /** Logarithm of the e-value, and the largest one so far with the value after which it was reached. */
  readonly logEValue: number
  readonly logPeak: number
  readonly peakAt: number
  /** Stream values in each bin. */
  readonly counts: readonly number[]
  /** Faded counts, one list for each memory. */
  readonly faded: readonly (readonly number[])[]
  /** How the money is spread: on no bet, and on each memory. */
  readonly weights: readonly number[]
  readonly rng: RngState
}

interface Work {
  n: number
  logEValue: number
  logPeak: number
  peakAt: number
  readonly counts: number[]
  readonly faded: number[][]
  readonly sums: number[]
  readonly weights: number[]
}

/** Mean ages, in values, of what the bettors remember. */
const MEMORIES = [50, 200, 1000, Number.POSITIVE_INFINITY]
/** Shares of the money at the start: half is not bet. */
const SHARES = [0.5, 0.125, 0.125, 0.125, 0.125]
/** How many values a bettor takes the reference for worth, before it trusts what it remembers. */
const CAUTION = 20

/** The state before the first value. */
export function startExchangeability(
  reference: ExchangeabilityReference,
  options: { readonly seed?: number | string | RngState } = {},
): ExchangeabilityState {
  const { seed = 'exchangeability' } = givenOptions(options)
  requireReference(reference)
  const zeros = () => reference.gaps.map(() => 0)
  return {
    kind: 'exchangeability',
    n: 0,
    logEValue: 0,
    logPeak: 0,
    peakAt: 0,
    counts: zeros(),
    faded: MEMORIES.map(zeros),
    weights: SHARES,
    rng: createRng(seed).state(),
  }
}

/**
 * A two-sample test that may be read after every value, for ever: do stream and reference come from one
 * distribution? It takes the next values and returns the logarithm of the e-value.
 *
 * If they do, the next value falls into bin j with probability `(g_j + c_j)/(n0 + 1 + n)`, exactly and
 * for every distribution: g_j gaps between reference values lie in the bin, c_j of n stream values fell
 * there. Bettors with different memories bet on the bins that were fuller of late; at each value a
 * share of the money is spread anew, so that a late change finds them solvent. The capital is a fair
 * game: `P(e-value ever >= 1/alpha) <= alpha`.
 *
 * Hypothesis: reference and stream are exchangeable (for instance independent draws of one
 * distribution). A trend, a season or strong autocorrelation breaks it and raises alarms, which are then not
 * false but may be unwanted: test residuals, or every k-th value.
 * Input: a reference as made by {@link numericExchangeability} or {@link categoryExchangeability}, the
 * state, and values of the same kind; missing ones must be left out.
 * Output: the new state, `logEValue`, and `logPeak`, which is what decides: reject once it reaches `ln(1/alpha)`.
 * Cost: O(log bins + bins) a value, constant memory.
 *
 * @throws `invalid`: `drift.not-an-exchangeability-reference`, `drift.not-an-anytime-state`,
 *   `drift.bad-value`, `drift.invalid-option`.
 * @example
 * ```ts
 * import { exchangeability, numericExchangeability, startExchangeability } from '@mlops/drift/anytime'
 *
 * const reference = numericExchangeability(Array.from({ length: 500 }, (_, i) => (i * 37) % 100))
 * const same = Array.from({ length: 300 }, (_, i) => (i * 61) % 100)
 * const start = startExchangeability(reference)
 * console.log(exchangeability(reference, start, same).logPeak < Math.log(1 / 0.05)) // true
 * const moved = same.map((x) => x + 40)
 * console.log(exchangeability(reference, start, moved).logPeak > Math.log(1 / 0.05)) // true
 * ```
 * Source: Vovk, Gammerman & Shafer, "Algorithmic learning in a random world" (2005), chapter 7 (exchangeability
 * martingales); Shekhar & Ramdas, "Nonparametric two-sample testing by betting", IEEE Trans. Inf. Theory
 * 70 (2024); fixed share: Herbster & Warmuth 1998.
 * Differs from: a repeated Kolmogorov-Smirnov or PSI check, whose false alarms add up over time.
 */
export function exchangeability<Value extends number | string>(
  reference: ExchangeabilityReference<Value>,
  state: ExchangeabilityState,
  values: ArrayLike<Value>,
  options: ExchangeabilityOptions = {},
): { readonly state: ExchangeabilityState; readonly logEValue: number; readonly logPeak: number } {
  const { treatReferenceAs = 'sample', order = 'ascending' } = givenOptions(options)
  requireReference(reference)
  requireChoice('treatReferenceAs', treatReferenceAs, ['sample', 'distribution'])
  requireChoice('order', order, ['ascending', 'descending'])
  requireState(state, 'exchangeability', state?.counts?.length === reference.gaps.length)
  const rng = createRng(state.rng)
  const numeric = typeof reference.edges[0]?.value !== 'string'
  const sign = order === 'ascending' ? 1 : -1
  const bins = new Int32Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (numeric ? typeof value !== 'number' || Number.isNaN(value) : typeof value !== 'string') {
      throw invalid(
        'drift.bad-value',
        `value ${i} is ${String(value)}, a ${numeric ? 'number' : 'text'} is needed; leave missing values out`,
        { index: i },
      )
    }
    bins[i] = binOf(reference.edges, value, rng.next(), sign)
  }
  const work: Work = {
    n: state.n,
    logEValue: state.logEValue,
    logPeak: state.logPeak,
    peakAt: state.peakAt,
    counts: [...state.counts],
    faded: state.faded.map((list) => [...list]),
    sums: state.faded.map((list) => list.reduce((sum, x) => sum + x, 0)),
    weights: [...state.weights],
  }
  for (const bin of bins) bet(work, reference, bin, treatReferenceAs === 'sample')
  const { sums: _, ...kept } = work
  return {
    state: { kind: 'exchangeability', ...kept, rng: rng.state() },
    logEValue: work.logEValue,
    logPeak: work.logPeak,
  }
}

/** Settles the bets on a value that fell into `bin`, and learns from it. */
function bet(
  work: Work,
  { gaps, count }: ExchangeabilityReference,
  bin: number,
  urn: boolean,
): void {
  const { counts, faded, sums, weights } = work
  const fair = urn ? (gaps[bin]! + counts[bin]!) / (count + 1 + work.n) : gaps[bin]! / (count + 1)
  let won = weights[0]!
  for (let e = 0; e < MEMORIES.length; e++) {
    const odds = (CAUTION + faded[e]![bin]! / fair) / (CAUTION + sums[e]!)
    weights[e + 1]! *= odds
    won += weights[e + 1]!
  }
  work.logEValue += Math.log(won)
  work.n++
  const moved = 1 / (work.n + 20)
  for (let e = 0; e < weights.length; e++)
    weights[e] = (1 - moved) * (weights[e]! / won) + moved * SHARES[e]!
  counts[bin]!++
  for (let e = 0; e < MEMORIES.length; e++) {
    const keep = 1 - 1 / MEMORIES[e]!
    const list = faded[e]!
    if (keep < 1) for (let j = 0; j < list.length; j++) list[j]! *= keep
    list[bin]!++
    sums[e] = keep * sums[e]! + 1
  }
  if (work.logEValue > work.logPeak) {
    work.logPeak = work.logEValue
    work.peakAt = work.n
  }
}

/** How many edges lie below the value with its jitter. */
function binOf<Value extends number | string>(
  edges: readonly JitteredEdge<Value>[],
  value: Value,
  jitter: number,
  sign: 1 | -1,
): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const edge = edges[middle]!
    const below =
      edge.value === value
        ? edge.jitter < jitter
        : sign === 1
          ? edge.value < value
          : edge.value > value
    if (below) low = middle + 1
    else high = middle
  }
  return low
}

function requireReference(reference: ExchangeabilityReference): void {
  const { kind, gaps, edges, count } = reference ?? {}
  const whole =
    kind === 'exchangeability-reference' &&
    Array.isArray(gaps) &&
    gaps.length === edges?.length + 1 &&
    gaps.every((gap) => Number.isSafeInteger(gap) && gap > 0) &&
    gaps.reduce((sum, gap) => sum + gap, 0) === count + 1
  if (whole) return
  throw invalid(
    'drift.not-an-exchangeability-reference',
    'the reference must come from numericExchangeability() or categoryExchangeability()',
    {},
  )
}
