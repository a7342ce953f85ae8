import type { Column, Table, TableInput } from '@mlops/core'
import { createRng, readTable } from '@mlops/core'
import { openPool } from '@mlops/stats/workers'
import { displayed, readCurrent } from '../compare.ts'
import type { CompareOptions } from '../compare-options.ts'
import { checkOptions } from '../compare-options.ts'
import type { FitReferenceOptions } from '../fit-reference.ts'
import { checkSampleSize, DEFAULT_SAMPLE } from '../fit-reference.ts'
import { refuseUnknown } from '../judge-columns.ts'
import { reportOf } from '../judge-table.ts'
import type { DriftReference } from '../reference.ts'
import { checkReference } from '../reference.ts'
import type { DriftReport } from '../report.ts'
import type { fitPart, JudgedPart } from './column-work.ts'

export interface DriftWorkersOptions {
  /** How many threads. @default one for each processor core */
  readonly threads?: number
  /** Where `drift-worker.js` of this package lies, for bundlers that move it. */
  readonly workerUrl?: URL
}

/** `compare` and `fitReference` on several threads. */
export interface DriftWorkers {
  readonly threads: number
  /** As `compare`, with the same result. */
  compare(
    reference: DriftReference | TableInput,
    current: TableInput,
    options?: CompareOptions,
  ): Promise<DriftReport>
  /** As `fitReference`, with the same result. */
  fitReference(table: TableInput, options?: FitReferenceOptions): Promise<DriftReference>
  /** Ends the threads. Calls under way fail with `stats.pool-closed`. */
  close(): Promise<void>
}

/**
 * Opens threads that compare tables: columns are spread over them, and the result is that of `compare`
 * to the last bit.
 *
 * Reading rows and strings stays in the calling thread; numbers are copied to the threads, or shared
 * where they lie in a SharedArrayBuffer (`sharedColumn` of `@mlops/stats/workers`). Worth it from some
 * million values on. Cost: about 50 ms a thread to start.
 *
 * @throws `invalid`: `stats.invalid-option` for `threads`. The calls reject with what `compare` and
 *   `fitReference` throw, and with `stats.worker-lost`, `stats.pool-closed`.
 * @example
 * ```ts
 * import { openDriftWorkers } from '@mlops/drift/workers'
 *
 * const before = { x: Float64Array.from({ length: 5000 }, (_, i) => i % 100), plan: Array(5000).fill('a') }
 * const after = { x: before.x.map((x) => x + 30), plan: before.plan }
 *
 * const workers = openDriftWorkers({ threads: 2 })
 * const reference = await workers.fitReference(before)
 * const report = await workers.compare(reference, after)
 * await workers.close()
 * console.log(report.columns.map(({ name, verdict }) => `${name} ${verdict}`)) // [ 'x fail', 'plan pass' ]
 * ```
 */
export function openDriftWorkers({
  threads,
  workerUrl = new URL('./drift-worker.js', import.meta.url),
}: DriftWorkersOptions = {}): DriftWorkers {
  const pool = openPool(workerUrl, threads === undefined ? {} : { threads })

  async function compare(
    reference: DriftReference | TableInput,
    current: TableInput,
    options: CompareOptions = {},
  ): Promise<DriftReport> {
    checkOptions(options)
    const before = asTableOrReference(reference, options)
    const isFitted = 'kind' in before
    const table = readCurrent({ types: isFitted ? before.types : {} }, current, options)
    const names = isFitted ? before.columns.map(({ name }) => name) : [...before.columns.keys()]
    const known = new Set([...names, ...table.columns.keys()])
    refuseUnknown(options, known)

    // Both sides are read: what said how is no business of the threads.
    const { types: _, missingKeys: __, ...rest } = options
    const shared = names.filter((name) => table.columns.has(name))
    const parts = dealt(shared, pool.threads)
    // What only one side has costs nothing, and no part may lack a side.
    for (const name of known) if (!shared.includes(name)) parts[0]!.add(name)
    const done = (await pool.map(
      'judgePart',
      parts.map((part) => [
        isFitted
          ? { ...before, columns: before.columns.filter(({ name }) => part.has(name)) }
          : onlyColumns(before, part),
        onlyColumns(table, part),
        rest,
      ]),
    )) as JudgedPart[]
    // Back in the order of the columns, on which ties in the report's order rest.
    const order = new Map([...known].map((name, at) => [name, at]))
    const judged = done
      .flatMap((part) => part.judged)
      .sort((a, b) => order.get(a.comparison.name)! - order.get(b.comparison.name)!)
    const learned = isFitted ? (before.learned ?? []) : done.flatMap((part) => part.learned)
    return displayed(
      reportOf(judged, { fitted: { rowCount: before.rowCount, learned }, table }, options),
    )
  }

  async function fitReference(
    input: TableInput,
    {
      rng = createRng('drift-reference'),
      sampleSize = DEFAULT_SAMPLE,
      types,
      missingKeys,
      ...fit
    }: FitReferenceOptions = {},
  ): Promise<DriftReference> {
    checkSampleSize(sampleSize)
    const table = readTable(input, {
      ...(types && { types }),
      ...(missingKeys && { missingKeys }),
      name: 'reference',
    })
    const names = [...table.columns.keys()]
    const states = new Map(names.map((name) => [name, rng.split().state()]))
    const done = (await pool.map(
      'fitPart',
      dealt(names, pool.threads).map(
        (part): Parameters<typeof fitPart> => [
          onlyColumns(table, part),
          { ...fit, sampleSize, ...(types && { types }) },
          names.filter((name) => part.has(name)).map((name) => states.get(name)!),
        ],
      ),
    )) as DriftReference[]
    const fitted = new Map(done.flatMap(({ columns }) => columns.map((one) => [one.name, one])))
    return { ...done[0]!, columns: names.map((name) => fitted.get(name)!) }
  }

  return { threads: pool.threads, compare, fitReference, close: () => pool.close() }
}

function asTableOrReference(
  reference: DriftReference | TableInput,
  { types, missingKeys }: CompareOptions,
): DriftReference | Table {
  if ((reference as DriftReference)?.kind === 'drift-reference') {
    checkReference(reference as DriftReference)
    return reference as DriftReference
  }
  return readTable(reference as TableInput, {
    ...(types && { types }),
    ...(missingKeys && { missingKeys }),
    name: 'reference',
  })
}

/** Names dealt out in turn: neighbouring columns are often alike, and cost alike. */
function dealt(names: readonly string[], threads: number): Set<string>[] {
  const count = Math.max(1, Math.min(names.length, threads * 4))
  const parts = Array.from({ length: count }, () => new Set<string>())
  names.forEach((name, at) => {
    parts[at % count]!.add(name)
  })
  return parts
}

function onlyColumns({ rowCount, columns }: Table, names: ReadonlySet<string>): Table {
  const kept = new Map<string, Column>([...columns].filter(([name]) => names.has(name)))
  return { rowCount, columns: kept }
}
