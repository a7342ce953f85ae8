import type { TableInput } from '@mlops/core'
import { givenOptions } from '@mlops/core'
import type { ThresholdLimits } from '@mlops/stats'
import { encodeTable } from './encode-table.ts'
import type { PcaReference } from './fit-pca.ts'
import { checkPcaReference, meanOf, reconstructionErrors } from './fit-pca.ts'
import { checkJudgement } from './joint-samples.ts'
import type { MultivariateDrift } from './multivariate-drift.ts'
import { judged } from './multivariate-drift.ts'
import type { EncodingOptions } from './table-encoding.ts'
import { readEncodable } from './table-encoding.ts'

export interface PcaDriftOptions extends Pick<EncodingOptions, 'missingKeys'> {
  /** Instead of those learned from the reference. */
  readonly limits?: ThresholdLimits
}

/** Sampling errors on each side of the mean error. */
const BAND = 3

/**
 * Multivariate drift by reconstruction error: do the reference's principal components still reproduce
 * the rows? A change of how columns go together raises the error although no column alone moved.
 *
 * `statistic = mean |z − z̃|` over the encoded rows z and their reconstructions z̃; `interval`
 * ± 3·sd(ddof 1)/√n.
 *
 * Input: what {@link fitPca} made, a table with its columns. Missing and infinite values become mean
 * or mode, unseen categories have the share 0.
 * Output: >= 0, in standard deviations; drift outside the limits, also below: too regular is a change.
 * Cost: O(rows · columns · components).
 *
 * @throws `invalid`: those of `readTable`; `drift.not-a-reference`, `drift.missing-column`,
 *   `drift.type-changed`; `unsupported` `drift.unsupported-format`.
 * @example
 * ```ts
 * import { fitPca, pcaDrift } from '@mlops/drift/multivariate'
 *
 * const x = Array.from({ length: 400 }, (_, i) => (i * 37) % 100)
 * const table = { x, y: x.map((v) => v + (v % 3)) }
 * console.log(pcaDrift(fitPca(table), table).verdict) // pass
 * ```
 * Source: NannyML's data reconstruction error.
 */
export function pcaDrift(
  reference: PcaReference,
  current: TableInput,
  options: PcaDriftOptions = {},
): MultivariateDrift {
  const { limits = reference?.learned, missingKeys } = givenOptions(options)
  checkPcaReference(reference)
  checkJudgement(0.5, limits)
  const { types, ignore, encoding, components, explained, rowCount } = reference
  const { table, warnings } = readEncodable(
    current,
    { types, ignore, ...(missingKeys && { missingKeys }) },
    'current',
  )
  const { imputed } = encodeTable(encoding, table, 'impute')
  const errors = reconstructionErrors(reference, table)
  const mean = meanOf(errors)
  const n = errors.length
  const sd = n < 2 ? null : Math.sqrt(errors.reduce((sum, e) => sum + (e - mean) ** 2, 0) / (n - 1))
  const reach = sd === null ? null : (BAND * sd) / Math.sqrt(n)
  if (imputed > 0) {
    warnings.push({
      code: 'drift.values-imputed',
      message: `current: ${imputed} missing or infinite values are replaced by the reference's mean or mode`,
    })
  }
  const added = [...table.columns.keys()].filter(
    (name) => !encoding.some((one) => one.name === name),
  )
  if (added.length > 0) {
    warnings.push({
      code: 'drift.new-column',
      message: `${added.length} columns that the reference lacks are not compared: ${added.slice(0, 5).join(', ')}`,
    })
  }
  return judged({
    method: 'pca-reconstruction',
    status: 'compared',
    statistic: mean,
    pValue: null,
    alpha: null,
    limits: { lower: limits.lower, upper: limits.upper },
    rows: { reference: rowCount, current: n },
    dropped: { reference: 0, current: 0 },
    imputed: { reference: 0, current: imputed },
    columns: encoding.map(({ name }) => name),
    ...(reach !== null && {
      interval: {
        lower: Math.max(0, mean - reach),
        upper: mean + reach,
        of: '± 3 sampling errors',
      },
    }),
    settings: {
      components: components.length,
      explained: explained.reduce((sum, share) => sum + share, 0),
      samplingError: reach === null ? null : reach / BAND,
    },
    warnings,
  })
}
