import { invalid, MlopsError } from '@mlops/core'
import { checkBinning, checkSketch } from '@mlops/stats'
import { calendarFault } from './calendar-profile.ts'
import type {
  CategoricalProfile,
  ColumnProfile,
  DataProfile,
  NumericProfile,
  SavedMoments,
  TextProfile,
} from './data-profile.ts'
import { isNumericType } from './data-profile.ts'
import { isCount } from './is-count.ts'
import { vocabularyFault } from './vocabulary-profile.ts'

/**
 * Confirms that a document read back is a profile that this version can merge and compare.
 *
 * @throws `invalid`: `drift.not-a-profile`, `stats.bad-sketch`, `stats.bad-binning`; `unsupported`
 *   `drift.unsupported-format` for a format this version does not know.
 */
export function checkProfile(profile: DataProfile): void {
  if (profile?.kind !== 'data-profile' || !Array.isArray(profile.columns))
    throw notAProfile('kind and columns of a document made by createProfiler() are missing')
  if (profile.formatVersion !== 1 && profile.formatVersion !== 2) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'drift.unsupported-format',
      message: `the profile has format ${String((profile as DataProfile).formatVersion)}, this version reads formats 1 and 2; profile again, or update @mlops/drift`,
      details: { formatVersion: (profile as DataProfile).formatVersion },
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
  if (!['numeric', 'datetime', 'categorical', 'boolean', 'text'].includes(type))
    return `its type is '${String(type)}'`
  if (!isCount(count) || !isCount(missing)) return 'count or missing is no count'
  if (typeof mistyped !== 'object' || mistyped === null) return 'mistyped is no record'
  const strange = Object.values(mistyped)
  if (!strange.every(isCount)) return 'mistyped holds no counts'
  const rows = strange.reduce((sum, n) => sum + n, count + missing)
  if (rows !== rowCount) return `its counts come to ${rows} rows of ${rowCount}`
  checkSketch(distinct)
  if (type === 'text') return textFault(column as TextProfile)
  return isNumericType(type)
    ? numericFault(column as NumericProfile)
    : categoricalFault(column as CategoricalProfile)
}

function numericFault(column: NumericProfile): string | undefined {
  const { count, infinities, moments, quantiles, bins, histogram, calendar } = column
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
    checkBinning(binned?.binning)
    if (binned.binning.kind !== 'numeric') return 'its bins are none of numbers'
    const size = binned.binning.innerEdges.length + (binned.binning.outside === 'own-bin' ? 2 : 1)
    const { counts } = binned
    if (!Array.isArray(counts) || counts.length !== size || !counts.every(isCount))
      return `it needs counts of ${size} bins`
    if (counts.reduce((sum, n) => sum + n, 0) !== count)
      return `its bins do not hold ${count} values`
  }
  return calendar === undefined ? undefined : calendarFault(calendar, quantiles)
}

function textFault({
  count,
  documents,
  distinctWords,
  vocabulary,
}: TextProfile): string | undefined {
  checkSketch(distinctWords)
  const names = ['length', 'words', ...(vocabulary === undefined ? [] : ['unknown-words'])]
  if (!Array.isArray(documents) || documents.length !== names.length)
    return `it needs ${names.join(', ')} of its documents`
  for (const [at, name] of names.entries()) {
    const document = documents[at] as NumericProfile
    if (document?.name !== name || document.type !== 'numeric') return `its ${name} are none`
    const fault = faultOf(document, count) ?? documentFault(document)
    if (fault) return `${name}: ${fault}`
  }
  return vocabulary === undefined ? undefined : vocabularyFault(vocabulary)
}

/** Lengths, words and shares are finite, not negative, and only a share may be undefined. */
function documentFault({ name, missing, quantiles, infinities }: NumericProfile) {
  const isShare = name === 'unknown-words'
  const most = isShare ? 1 : Number.MAX_VALUE
  const { min, max } = quantiles
  if (infinities.negative + infinities.positive > 0 || (!isShare && missing > 0))
    return 'some are undefined'
  return quantiles.n > 0 && (min! < 0 || max! > most) ? `they lie beyond 0 and ${most}` : undefined
}

function categoricalFault({ count, items, lengths }: CategoricalProfile): string | undefined {
  checkSketch(items)
  if (items.kind !== 'frequent-items' || items.n !== count)
    return `its items are of ${items.n} values, not of ${count}`
  if (lengths === undefined) return undefined
  checkSketch(lengths?.quantiles)
  if (lengths.quantiles.kind !== 'kll' || lengths.quantiles.n !== count)
    return `its lengths are not of ${count} values`
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

function notAProfile(fault: string, column?: string) {
  return invalid('drift.not-a-profile', `this is not a usable profile: ${fault}`, {
    fault,
    ...(column !== undefined && { column }),
  })
}
