import type { Rng, TableInput, Warning } from '@mlops/core'
import { invalid } from '@mlops/core'
import type { ThresholdLimits } from '@mlops/stats'
import { checkThresholdRule } from '@mlops/stats'
import type { Matrix } from '@mlops/stats/multivariate'
import { matrixRows, stackRows } from '@mlops/stats/multivariate'
import { encodeTable, type MissingRule } from './encode-table.ts'
import { joinTables } from './join-tables.ts'
import type { MultivariateFinding } from './multivariate-drift.ts'
import {
  type CategoryEncoding,
  type EncodingOptions,
  fitEncoding,
  readEncodable,
  refuseUnknown,
} from './table-encoding.ts'

export interface JointTestOptions extends EncodingOptions {
  /** @default 0.05 */
  readonly alpha?: number
  /** Decides instead of the p-value: see {@link learnMultivariateLimits}. */
  readonly limits?: ThresholdLimits
  /** More rows a side are sampled at random, and the result says so. @default 2000 */
  readonly maxRows?: number
  /** Rows with a missing value get the mean or mode, or are left out. @default 'impute' */
  readonly missing?: 'impute' | 'drop'
  /** Draws samples and relabellings. */
  readonly rng?: Rng
}

/** Both sides as numbers, encoded alike. */
export interface JointSamples {
  readonly reference: Matrix
  readonly current: Matrix
  /** What every finding says about its input. */
  readonly outline: Pick<MultivariateFinding, 'rows' | 'dropped' | 'imputed' | 'columns'> & {
    readonly warnings: Warning[]
  }
}

/**
 * Reads and encodes both tables. The encoding is fitted on both together, blind to the side a row
 * comes from: that keeps permutation tests exact.
 */
export function jointSamples(
  referenceInput: TableInput,
  currentInput: TableInput,
  options: EncodingOptions & {
    readonly by: CategoryEncoding
    readonly missing: MissingRule
    readonly maxRows: number
    readonly rng: Rng
  },
): JointSamples {
  const { by, missing, maxRows, rng } = options
  if (!(Number.isInteger(maxRows) && maxRows >= 10) && maxRows !== Infinity)
    throw invalid('drift.invalid-option', `maxRows must be an integer >= 10, got ${maxRows}`, {
      maxRows,
    })
  const before = readEncodable(referenceInput, options, 'reference')
  const after = readEncodable(currentInput, options, 'current')
  refuseUnknown(options.ignore ?? [], [before.read, after.read])
  const pooled = joinTables(before.table, after.table)
  const encoding = fitEncoding(pooled, by)
  const [r, c] = [before.table, after.table].map((table) => encodeTable(encoding, table, missing))
  const warnings = [...before.warnings]
  const take = (matrix: Matrix, side: string) => {
    if (matrix.rows <= maxRows) return matrix
    warnings.push({
      code: 'drift.rows-sampled',
      message: `${side}: a random sample of ${maxRows} of ${matrix.rows} rows is compared`,
    })
    return matrixRows(matrix, drawRows(matrix.rows, maxRows, rng))
  }
  const reference = take(r!.matrix, 'reference')
  const current = take(c!.matrix, 'current')
  for (const [side, { dropped, imputed }] of [
    ['reference', r!],
    ['current', c!],
  ] as const) {
    if (dropped + imputed === 0) continue
    warnings.push({
      code: dropped > 0 ? 'drift.rows-dropped' : 'drift.values-imputed',
      message:
        dropped > 0
          ? `${side}: ${dropped} rows with a missing or infinite value are left out`
          : `${side}: ${imputed} missing or infinite values are replaced by the mean or mode`,
    })
  }
  return {
    reference,
    current,
    outline: {
      rows: { reference: reference.rows, current: current.rows },
      dropped: { reference: r!.dropped, current: c!.dropped },
      imputed: { reference: r!.imputed, current: c!.imputed },
      columns: encoding.map(({ name }) => name),
      warnings,
    },
  }
}

/** Both samples, the reference first. */
export function pooledRows({ reference, current }: JointSamples): Matrix {
  return stackRows(reference, current)
}

/** Refuses a level or limits that nothing could be held against. */
export function checkJudgement(alpha: number, limits: ThresholdLimits | undefined): void {
  if (!(alpha > 0 && alpha < 1))
    throw invalid('drift.invalid-option', `alpha must lie strictly between 0 and 1, got ${alpha}`, {
      alpha,
    })
  if (limits) checkThresholdRule({ kind: 'constant', lower: limits.lower, upper: limits.upper })
}

function drawRows(rows: number, size: number, rng: Rng): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, i) => i)
  for (let k = 0; k < size; k++) {
    const j = k + rng.int(rows - k)
    const held = order[k]!
    order[k] = order[j]!
    order[j] = held
  }
  return order.subarray(0, size)
}
