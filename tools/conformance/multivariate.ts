import { fitPca, pcaDrift } from '@mlops/drift/multivariate'
import { matrixOf, mmdSquared, rbfBandwidth, rbfKernel } from '@mlops/stats/multivariate'
import type { Method, RawCase } from './case.ts'

type Rows = readonly (readonly number[] | number)[]

/** Methods that see all columns at once, and kernels. */
export function multivariateMethods(
  datasets: Readonly<Record<string, readonly number[]>>,
): Readonly<Record<string, Method>> {
  const matrix = (given: unknown) => {
    const { dataset } = given as { dataset?: string }
    const rows = (dataset === undefined ? given : datasets[dataset]!) as Rows
    return matrixOf(rows.map((row) => (typeof row === 'number' ? [row] : row)))
  }
  const sides = ({ input }: RawCase) =>
    [matrix(input['reference']), matrix(input['current'])] as const
  const widthOf = ({ params }: RawCase) => Number(params['sigma_value'] ?? params['sigma'])
  return {
    mmd2_biased_rbf: (raw) =>
      mmdSquared(...sides(raw), { estimator: 'biased', bandwidth: widthOf(raw) }),
    mmd2_unbiased_rbf: (raw) => {
      const sigma = widthOf(raw)
      // Words instead of a number tell the tool's own rule.
      return mmdSquared(...sides(raw), { bandwidth: Number.isFinite(sigma) ? sigma : 'alibi' })
    },
    mmd2_unbiased_rbf_gamma: (raw) => {
      const gamma = Number(raw.params['gamma_value'])
      const bandwidth = Number.isFinite(gamma)
        ? Math.sqrt(1 / (2 * gamma))
        : rbfBandwidth(...sides(raw), 'evidently')!
      return mmdSquared(...sides(raw), { bandwidth })
    },
    mmd2_unbiased_rbf_sliding: (raw) => {
      const stream = matrix(raw.input['stream'])
      const size = raw.params['window_size'] as number
      const window = {
        rows: size,
        columns: stream.columns,
        values: stream.values.slice(-size * stream.columns),
      }
      return mmdSquared(matrix(raw.input['reference']), window, { bandwidth: widthOf(raw) })
    },
    pca_reconstruction_error: ({ input }) => {
      const table = (rows: readonly (readonly number[])[]) =>
        Object.fromEntries(rows[0]!.map((_, k) => [`x${k}`, rows.map((row) => row[k]!)]))
      const reference = fitPca(table(input['reference']), { chunks: 1 })
      const current = pcaDrift(reference, table(input['current']))
      return {
        reference_error: reference.learned.values[0],
        current_error: current.statistic,
        current_sampling_error: current.settings['samplingError'],
        explained_variance_ratio: reference.explained,
      }
    },
    rbf_kernel: (raw) => {
      const kernel = rbfKernel(matrix(raw.input['X']), matrix(raw.input['Y']), widthOf(raw))
      return Array.from({ length: kernel.rows }, (_, i) =>
        Array.from(kernel.values.subarray(i * kernel.columns, (i + 1) * kernel.columns)),
      )
    },
  }
}
