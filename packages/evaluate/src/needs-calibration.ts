import type { Rng } from '@mlops/core'
import { shuffle } from '@mlops/core'
import { expectedCalibrationError } from './expected-calibration-error.ts'
import { applyIsotonic, fitIsotonic } from './isotonic.ts'
import { rankedPerformance } from './ranked-performance.ts'

const SPLITS = 10
const TEST_SHARE = 0.1
/** Scores that separate the classes need no calibration: there is nothing between 0 and 1 to learn. */
const SEPARATED = 0.999

/**
 * Whether isotonic calibration lowers the expected calibration error on rows that it was not fitted
 * on: pooled over 10 stratified random splits with a tenth of the rows held out.
 */
export function needsCalibration(scores: Float64Array, labels: Int8Array, rng: Rng): boolean {
  const auc = rankedPerformance(scores, labels).rocAuc
  if (auc === null || auc > SEPARATED) return false
  const before: number[] = []
  const after: number[] = []
  const truth: number[] = []
  for (let split = 0; split < SPLITS; split++) {
    const held = new Set([0, 1].flatMap((label) => heldOut(labels, label, rng)))
    const train = Array.from(scores.keys()).filter((row) => !held.has(row))
    const test = [...held]
    if (train.length === 0 || test.length === 0) return false
    const fitted = fitIsotonic(
      train.map((row) => scores[row]!),
      train.map((row) => labels[row]!),
    )
    const own = test.map((row) => scores[row]!)
    before.push(...own)
    after.push(...applyIsotonic(fitted, own))
    truth.push(...test.map((row) => labels[row]!))
  }
  const [raw, calibrated] = [
    expectedCalibrationError(before, truth),
    expectedCalibrationError(after, truth),
  ]
  return raw !== null && calibrated !== null && raw > calibrated
}

function heldOut(labels: Int8Array, label: number, rng: Rng): number[] {
  const rows: number[] = []
  labels.forEach((one, row) => {
    if (one === label) rows.push(row)
  })
  return shuffle(rows, rng).slice(0, Math.round(rows.length * TEST_SHARE))
}
