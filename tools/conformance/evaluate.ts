import {
  accuracySamplingError,
  applyIsotonic,
  classificationPerformance,
  expectedCalibrationError,
  expectedPerformance,
  fitIsotonic,
} from '@mlops/evaluate'
import type { Method } from './case.ts'

/** Performance with labels, and estimates of it without. */
export const performanceMethods: Readonly<Record<string, Method>> = {
  cbpe_binary: ({ input, params }) => {
    const threshold = Number(params['threshold'] ?? 0.5)
    const scores = input['scores'] as number[]
    const found = expectedPerformance({
      probabilities: input['probabilities'] ?? scores,
      predictions: input['predictions'] ?? scores.map((p) => p >= threshold),
      scores,
    })
    const { rocAuc, averagePrecision } = found
    return { ...found, roc_auc: rocAuc, average_precision: averagePrecision }
  },
  classification_performance: ({ input, params }) => {
    const threshold = Number(params['threshold'] ?? 0.5)
    const scores = input['scores'] as number[]
    const { metrics } = classificationPerformance({
      scores,
      targets: input['y_true'],
      predictions: scores.map((p) => p >= threshold),
    })
    // The file's names are those of Python.
    return Object.fromEntries(
      Object.entries(metrics).map(([name, { value }]) => [
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      ]),
    )
  },
  ece: ({ input, params }) =>
    expectedCalibrationError(input['scores'], input['y_true'], { bins: params['bins'] ?? 10 }),
  isotonic_calibration: ({ input }) =>
    applyIsotonic(fitIsotonic(input['scores'], input['y_true']), input['at'] ?? input['scores']),
  sampling_error_accuracy: ({ input }) =>
    accuracySamplingError(
      { correct: input['reference_correct'], n: input['reference_n'] },
      input['chunk_n'],
    ),
}
