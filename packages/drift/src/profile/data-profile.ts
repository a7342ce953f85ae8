import type { ColumnType } from '@mlops/core'
import { invalid, MlopsError } from '@mlops/core'
import type {
  FrequentItemsSketch,
  HyperLogLogSketch,
  KllSketch,
  Moments,
  NumericBinning,
} from '@mlops/stats'
import { checkBinning, checkSketch } from '@mlops/stats'
import type { BinnedCounts } from '../reference.ts'

/** {@link Moments} as JSON can hold them: `null` is what overflowed a double. */
export type SavedMoments = { readonly [Part in keyof Moments]: Moments[Part] | null } & {
  readonly n: number
}

/** What every column's profile holds. */
interface ProfileOutline {
  readonly name: string
  /** Present values, infinities among them. */
  readonly count: number
  readonly missing: number
  /** Values of another type than the column's, by their type: counted here and nowhere else. */
  readonly mistyped: Readonly<Record<string, number>>
  /** How many different present values there were. */
  readonly distinct: HyperLogLogSketch
}

/** The profile of numbers or of instants (milliseconds since the epoch). */
export interface NumericProfile extends ProfileOutline {
  readonly type: 'numeric' | 'datetime'
  readonly infinities: { readonly negative: number; readonly positive: number }
  /** Of the finite values. */
  readonly moments: SavedMoments
  /** Of the finite values. */
  readonly quantiles: KllSketch
  /** Exact counts over the reference's bins, where a reference was given. */
  readonly bins?: BinnedCounts<NumericBinning>
  /** The same over the bins for drawing. */
  readonly histogram?: BinnedCounts<NumericBinning>
}

/** The profile of categories, texts or booleans. */
export interface CategoricalProfile extends ProfileOutline {
  readonly type: 'categorical' | 'boolean'
  readonly items: FrequentItemsSketch
  /** Of categorical columns: the lengths of the texts, in code points. */
  readonly lengths?: { readonly moments: SavedMoments; readonly quantiles: KllSketch }
}

export type ColumnProfile = NumericProfile | CategoricalProfile

/** A table seen in one pass, boiled down to mergeable sketches. Plain JSON. */
export interface DataProfile {
  readonly kind: 'data-profile'
  readonly formatVersion: 1
  readonly rowCount: number
  readonly columns: readonly ColumnProfile[]
}

/** The types whose profile is a {@link NumericProfile}. */
export function isNumericType(type: ColumnType): type is NumericProfile['type'] {
  return type === 'numeric' || type === 'datetime'
}

/**
 * Confirms that a document read back is a profile that this version can merge and compare.
 *
 * @throws `invalid`: `drift.not-a-profile`, `stats.bad-sketch`, `stats.bad-binning`; `unsupported`
 *   `drift.unsupported-format` for a format this version does not know.
 */
export function checkProfile(profile: DataProfile): void {
  if (profile?.kind !== 'data-profile' || !Array.isArray(profile.columns))
    throw notAProfile('kind and columns of a document made by createProfiler() are missing')
  if (profile.formatVersion !== 1) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'drift.unsupported-format',
      message: `the profile has format ${String(profile.formatVersion)}, this version reads format 1; profile again, or update @mlops/drift`,
      details: { formatVersion: profile.formatVersion },
    })
  }
  if (!isCount(profile.rowCount)) throw notAProfile(`rowCount is ${String(profile.rowCount)}`)
  const names = new Set<string>()
  for (const column of profile.columns as readonly ColumnProfile[]) {
    if (typeof column?.name !== 'string') throw notAProfile('a column has no name')
    if (names.has(column.name)) throw notAProfile(`column '${column.name}' is there twice`)
    names.add(column.name)
    const fault = faultOf(column, profile.rowCount)
    if (fault) throw notAProfile(`column '${column.name}': ${fault}`, column.name)
  }
}

function faultOf(column: ColumnProfile, rowCount: number): string | undefined {
  const { type, count, missing, mistyped, distinct } = column
  if (!['numeric', 'datetime', 'categorical', 'boolean'].includes(type))
    return `its type is '${String(type)}'`
  if (!isCount(count) || !isCount(missing)) return 'count or missing is no count'
  if (typeof mistyped !== 'object' || mistyped === null) return 'mistyped is no record'
  const strange = Object.values(mistyped)
  if (!strange.every(isCount)) return 'mistyped holds no counts'
  const rows = strange.reduce((sum, n) => sum + n, count + missing)
  if (rows !== rowCount) return `its counts come to ${rows} rows of ${rowCount}`
  checkSketch(distinct)
  return isNumericType(type)
    ? numericFault(column as NumericProfile)
    : categoricalFault(column as CategoricalProfile)
}

function numericFault(column: NumericProfile): string | undefined {
  const { count, infinities, moments, quantiles, bins, histogram } = column
  checkSketch(quantiles)
  if (!isCount(infinities?.negative) || !isCount(infinities.positive))
    return 'infinities is no pair of counts'
  const finite = count - infinities.negative - infinities.positive
  if (quantiles.kind !== 'kll' || quantiles.n !== finite)
    return `its quantiles are of ${quantiles.n} values, not of ${finite}`
  if (!isMoments(moments) || moments.n !== finite)
    return `its moments are not those of ${finite} values`
  for (const binned of [bins, histogram]) {
    if (binned === undefined) continue
    checkBinning(binned.binning)
    const size = binned.binning.innerEdges.length + (binned.binning.outside === 'own-bin' ? 2 : 1)
    const { counts } = binned
    if (!Array.isArray(counts) || counts.length !== size || !counts.every(isCount))
      return `it needs counts of ${size} bins`
    if (counts.reduce((sum, n) => sum + n, 0) !== count)
      return `its bins do not hold ${count} values`
  }
  return undefined
}

function categoricalFault({ count, items, lengths }: CategoricalProfile): string | undefined {
  checkSketch(items)
  if (items.kind !== 'frequent-items' || items.n !== count)
    return `its items are of ${items.n} values, not of ${count}`
  if (lengths === undefined) return undefined
  checkSketch(lengths.quantiles)
  if (lengths.quantiles.n !== count) return `its lengths are not of ${count} values`
  return isMoments(lengths.moments) ? undefined : 'the moments of its lengths are none'
}

function isMoments(moments: SavedMoments): boolean {
  const { n, mean, meanTail, m2, m3, m4, min, max, dropped } = moments ?? {}
  return (
    isCount(n) &&
    isCount(dropped) &&
    [mean, meanTail, m2, m3, m4].every((x) => x === null || Number.isFinite(x)) &&
    (n === 0 || (Number.isFinite(min) && Number.isFinite(max)))
  )
}

/** Moments as they are saved. */
export function savedMoments(moments: Moments): SavedMoments {
  // JSON has no −0.
  const kept = (x: number | null) => (x !== null && Number.isFinite(x) ? x + 0 : null)
  const { mean, meanTail, m2, m3, m4, min, max } = moments
  return {
    ...moments,
    mean: kept(mean),
    meanTail: kept(meanTail),
    m2: kept(m2),
    m3: kept(m3),
    m4: kept(m4),
    min: kept(min),
    max: kept(max),
  }
}

/** Saved moments to reckon with: what overflowed is NaN, and makes NaN what rests on it. */
export function readMoments(saved: SavedMoments): Moments {
  const known = (x: number | null) => x ?? Number.NaN
  const { mean, meanTail, m2, m3, m4, dropped } = saved
  return {
    ...saved,
    mean: known(mean),
    meanTail: known(meanTail),
    m2: known(m2),
    m3: known(m3),
    m4: known(m4),
    dropped: known(dropped),
  }
}

function isCount(n: unknown): n is number {
  return Number.isSafeInteger(n) && (n as number) >= 0
}

function notAProfile(fault: string, column?: string) {
  return invalid('drift.not-a-profile', `this is not a usable profile: ${fault}`, {
    fault,
    ...(column !== undefined && { column }),
  })
}
