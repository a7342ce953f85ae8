import type { RngState, Table } from '@mlops/core'
import { createRng } from '@mlops/core'
import { referenceOf } from '../compare.ts'
import type { CompareOptions } from '../compare-options.ts'
import type { FitReferenceOptions } from '../fit-reference.ts'
import { asJsonReference, fitTable } from '../fit-reference.ts'
import type { JudgedColumn } from '../judge-columns.ts'
import { judgeColumns } from '../judge-columns.ts'
import type { DriftReference, LearnedLimit } from '../reference.ts'

/** Some columns of both sides, and what came of comparing them. */
export interface JudgedPart {
  readonly judged: readonly JudgedColumn[]
  readonly learned: readonly LearnedLimit[]
}

/** What a thread does for `compare`: everything that looks at one column only. */
export function judgePart(
  reference: DriftReference | Table,
  current: Table,
  options: CompareOptions,
): JudgedPart {
  const fitted = referenceOf(reference, options)
  return { judged: judgeColumns(fitted, current, options), learned: fitted.learned ?? [] }
}

/** What a thread does for `fitReference`; `states` are the columns' generators. */
export function fitPart(
  table: Table,
  options: Omit<FitReferenceOptions, 'rng'>,
  states: readonly RngState[],
): DriftReference {
  const generators = states.map((state) => createRng(state))
  return asJsonReference(fitTable(table, options, (at) => generators[at]!))
}
