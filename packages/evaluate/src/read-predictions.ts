import { invalid } from '@mlops/core'
import {
  type BinaryLabels,
  checkLengths,
  type Numbers,
  readBinary,
  readProbabilities,
} from './read-labels.ts'

/** Predictions of a binary model. */
export interface BinaryPredictions {
  /** Probability of class 1, or a score between 0 and 1. */
  readonly scores: Numbers
  /** The decision; without it a score of at least ½ is 1. */
  readonly predictions?: BinaryLabels
  /** What came true, as far as it is known. */
  readonly targets?: BinaryLabels
}

/** Predictions of a model with several classes. */
export interface MulticlassPredictions {
  /** The scores of each class, by its name. */
  readonly scores: Readonly<Record<string, Numbers>>
  /** The decision; without it the class with the largest score. */
  readonly predictions?: ArrayLike<string | null | undefined>
  readonly targets?: ArrayLike<string | null | undefined>
}

/** One class against all others; of a binary model there is one, class 1. */
export interface ClassView {
  readonly name: string
  readonly scores: Float64Array
  /** 1 where this class was predicted. */
  readonly predicted: Uint8Array
  /** 1 or 0; −1 where the label is missing. */
  readonly target: Int8Array
}

/** Predictions read, without the rows that lack a score or a decision. */
export interface Predictions {
  readonly problem: 'binary' | 'multiclass'
  readonly classes: readonly ClassView[]
  /** Rows that were given, and the place of each that is used. */
  readonly given: number
  readonly rows: readonly number[]
}

/**
 * Reads the predictions of either kind.
 *
 * @throws `invalid`: `evaluate.bad-probability`, `evaluate.bad-number`, `evaluate.bad-label`,
 *   `evaluate.unknown-class`, `evaluate.unequal-lengths`, `evaluate.no-rows`, `evaluate.too-few-classes`.
 */
export function readPredictions(data: BinaryPredictions | MulticlassPredictions): Predictions {
  if (typeof data?.scores !== 'object' || data.scores === null) {
    throw invalid(
      'evaluate.bad-number',
      'scores must be an array of probabilities or, of several classes, a record of them by class',
      {},
    )
  }
  return isBinary(data) ? readBinaryPredictions(data) : readClasses(data)
}

function isBinary(data: BinaryPredictions | MulticlassPredictions): data is BinaryPredictions {
  return Array.isArray(data.scores) || ArrayBuffer.isView(data.scores)
}

function readBinaryPredictions({ scores, predictions, targets }: BinaryPredictions): Predictions {
  const given = scores.length
  checkLengths({
    scores: given,
    ...(predictions && { predictions: predictions.length }),
    ...(targets && { targets: targets.length }),
  })
  const p = readProbabilities(scores, 'scores')
  const decided = predictions ? readBinary(predictions, 'predictions') : null
  const truth = targets ? readBinary(targets, 'targets') : null
  const rows: number[] = []
  for (let i = 0; i < given; i++)
    if (!Number.isNaN(p[i]) && (decided === null || decided[i]! >= 0)) rows.push(i)
  return {
    problem: 'binary',
    given,
    rows,
    classes: [
      {
        name: '1',
        scores: Float64Array.from(rows, (i) => p[i]!),
        predicted: Uint8Array.from(rows, (i) => (decided ? decided[i]! : Number(p[i]! >= 0.5))),
        target: Int8Array.from(rows, (i) => (truth ? truth[i]! : -1)),
      },
    ],
  }
}

function readClasses({ scores, predictions, targets }: MulticlassPredictions): Predictions {
  const names = Object.keys(scores).sort((a, b) => (a < b ? -1 : 1))
  if (names.length < 2)
    throw invalid(
      'evaluate.too-few-classes',
      `there are scores of ${names.length} classes; at least 2 are needed. Of a binary model give one array`,
      { classes: names },
    )
  const read = names.map((name) => readProbabilities(scores[name]!, `scores['${name}']`))
  const given = read[0]!.length
  checkLengths({
    ...Object.fromEntries(names.map((name, k) => [`scores of '${name}'`, read[k]!.length])),
    ...(predictions && { predictions: predictions.length }),
    ...(targets && { targets: targets.length }),
  })
  const place = new Map(names.map((name, k) => [name, k]))
  const codeOf = (labels: ArrayLike<string | null | undefined>, row: number, what: string) => {
    const label = labels[row]
    if (label === null || label === undefined) return -1
    const code = place.get(label)
    if (code === undefined)
      throw invalid(
        'evaluate.unknown-class',
        `${what}[${row}] is '${String(label)}', and there are no scores of that class`,
        { row, label: String(label), classes: names },
      )
    return code
  }
  const rows: number[] = []
  const decided: number[] = []
  const truth: number[] = []
  for (let i = 0; i < given; i++) {
    if (read.some((p) => Number.isNaN(p[i]))) continue
    const decision = predictions ? codeOf(predictions, i, 'predictions') : largest(read, i)
    if (decision < 0) continue
    rows.push(i)
    decided.push(decision)
    truth.push(targets ? codeOf(targets, i, 'targets') : -1)
  }
  return {
    problem: 'multiclass',
    given,
    rows,
    classes: names.map((name, k) => ({
      name,
      scores: Float64Array.from(rows, (i) => read[k]![i]!),
      predicted: Uint8Array.from(decided, (code) => Number(code === k)),
      target: Int8Array.from(truth, (code) => (code < 0 ? -1 : Number(code === k))),
    })),
  }
}

function largest(scores: readonly Float64Array[], row: number): number {
  let best = 0
  for (let k = 1; k < scores.length; k++) if (scores[k]![row]! > scores[best]![row]!) best = k
  return best
}

/** The same predictions, of some of the used rows. */
export function predictionsAt(
  predictions: Predictions,
  places: readonly number[],
): readonly ClassView[] {
  return predictions.classes.map(({ name, scores, predicted, target }) => ({
    name,
    scores: Float64Array.from(places, (i) => scores[i]!),
    predicted: Uint8Array.from(places, (i) => predicted[i]!),
    target: Int8Array.from(places, (i) => target[i]!),
  }))
}
