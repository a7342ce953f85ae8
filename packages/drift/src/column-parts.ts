import type { NumericColumn } from '@mlops/core'
import { createRng } from '@mlops/core'
import type { TestResult } from '@mlops/stats'
import { chiSquareContingency } from '@mlops/stats'
import type { ColumnComparison, Outline } from './column-outline.ts'
import { missingReasons, noiseWarning } from './column-outline.ts'
import { compareNumeric } from './compare-numeric.ts'
import { binnedDistances } from './distances.ts'
import { categoricalReasons } from './explain.ts'
import { fitNumeric } from './fit-numeric.ts'
import type { NumericReference } from './reference.ts'
import type { PartDrift, ShareChange } from './report.ts'

/** A part before its p-value is adjusted for the number of parts. */
export type PartFinding = Omit<PartDrift, 'adjustedPValue'> & {
  readonly changes: readonly ShareChange[]
}

/** A derived quantity that is a number. `undefined` when a side has too few values for it. */
export function numericPart(
  reference: NumericReference,
  column: NumericColumn,
  minCount: number,
): PartFinding | undefined {
  return partOf(compareNumeric(reference, column, minCount))
}

/** A numeric comparison as a part of another. `undefined` when there was too little to compare. */
export function partOf(compared: ColumnComparison): PartFinding | undefined {
  if (compared.status !== 'compared') return undefined
  const { name, effect, test, distances, distribution, reasons, changes, bounds } = compared
  return {
    name,
    type: 'numeric',
    effectSize: effect!,
    test: test!,
    distances: distances!,
    distribution,
    reasons,
    changes,
    ...(bounds && { bounds }),
  }
}

/** As {@link numericPart}, of two samples at hand. */
export function samplePart(
  name: string,
  reference: Float64Array,
  current: Float64Array,
): PartFinding | undefined {
  const column = (values: Float64Array): NumericColumn => ({
    type: 'numeric',
    length: values.length,
    values,
    missing: 0,
  })
  const fitted = fitNumeric(name, column(reference), {
    bins: 10,
    sampleSize: 'all',
    rng: createRng(name),
  })
  return numericPart(fitted, column(current), 1)
}

/** A derived quantity that is a category. The test is chi-square unless another is given. */
export function categoricalPart(
  name: string,
  labels: readonly string[],
  reference: readonly number[],
  current: readonly number[],
  test: TestResult = chiSquareContingency([reference, current]),
): PartFinding {
  const distances = {
    ...binnedDistances(reference, current),
    wasserstein: null,
    wassersteinNormed: null,
  }
  const share = (counts: readonly number[]) => {
    const total = counts.reduce((sum, count) => sum + count, 0)
    return counts.map((count) => count / total)
  }
  const [r, c] = [share(reference), share(current)]
  const changes = labels
    .map((where, at) => ({ where: `${name} ${where}`, from: r[at]!, to: c[at]! }))
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from))
    .slice(0, 3)
  return {
    name,
    type: 'categorical',
    effectSize: { name: 'total-variation', value: distances.totalVariation },
    test,
    distances,
    distribution: { labels, reference, current },
    reasons: categoricalReasons(labels, reference, current),
    changes,
  }
}

/**
 * A column judged by its parts. The p-value of each is multiplied by their number (Bonferroni), so the
 * column as a whole raises a false alarm no more often than one test would.
 */
export function compareByParts(
  outline: Outline,
  findings: readonly PartFinding[],
  reasons: readonly string[],
): ColumnComparison {
  const tests = findings.filter(({ test }) => test.pValue !== null).length
  const byWeight = [...findings].sort(
    (a, b) =>
      (a.test.pValue ?? 2) - (b.test.pValue ?? 2) || b.effectSize.value - a.effectSize.value,
  )
  const parts = findings.map(({ changes: _, ...part }) => ({
    ...part,
    adjustedPValue: part.test.pValue === null ? null : Math.min(1, part.test.pValue * tests),
  }))
  return {
    ...outline,
    status: 'compared',
    effect: null,
    distances: null,
    test: null,
    distribution: null,
    sides: null,
    parts,
    newCategories: [],
    vanishedCategories: [],
    changes: changesOf(byWeight[0]),
    reasons: [
      ...missingReasons(outline),
      ...byWeight.flatMap((part) =>
        part.reasons.slice(0, 1).map((told) => `${part.name}: ${told}`),
      ),
      ...reasons,
    ],
    warnings: [
      ...outline.warnings,
      ...findings.flatMap((part) =>
        [...part.test.warnings, ...noiseWarning(part.distances)].map(({ code, message }) => ({
          code,
          message: `${part.name}: ${message}`,
        })),
      ),
    ],
  }
}

/** Where a part changed; stretches of numbers need to be told of what, categories name it themselves. */
function changesOf(part: PartFinding | undefined): readonly ShareChange[] {
  if (part === undefined || part.type === 'categorical') return part?.changes ?? []
  return part.changes.map((change) => ({ ...change, where: `${part.name}, ${change.where}` }))
}

/**
 * The part that speaks for its column: of those whose effect reaches the threshold the one with the
 * smallest p-value, or, where none does, the one with the largest effect.
 */
export function speaker(parts: readonly PartDrift[], threshold: number): PartDrift | undefined {
  const large = parts.filter(({ effectSize }) => effectSize.value >= threshold)
  const byEffect = (a: PartDrift, b: PartDrift) => b.effectSize.value - a.effectSize.value
  return large.length > 0
    ? large.sort((a, b) => (a.adjustedPValue ?? 2) - (b.adjustedPValue ?? 2) || byEffect(a, b))[0]
    : [...parts].sort(byEffect)[0]
}
