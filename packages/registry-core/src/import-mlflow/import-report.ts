import { isMlopsError } from '@mlops/core'

/** How many there were, came in now, were there before, and were left out. */
export interface ImportCounts {
  readonly found: number
  readonly added: number
  readonly present: number
  readonly leftOut: number
}

export const KINDS = [
  'experiments',
  'runs',
  'metricPoints',
  'loggedModels',
  'models',
  'versions',
  'aliases',
  'files',
] as const
export type ImportKind = (typeof KINDS)[number]

/** Something that did not come in, or not as it was, and why. */
export interface LeftOut {
  readonly kind: ImportKind
  /** The id or name that MLflow knows it by. */
  readonly id: string
  readonly code: string
  readonly message: string
}

/** What an import did, or would do. */
export interface MlflowImportReport {
  readonly status: 'imported' | 'dry-run'
  readonly counts: Readonly<Record<ImportKind, ImportCounts>>
  /** The first 10 000; `counts` knows of all. */
  readonly leftOut: readonly LeftOut[]
  /** Rows of what an import does not bring: traces, evaluation datasets, webhooks. By table. */
  readonly notImported: Readonly<Record<string, number>>
}

const LISTED = 10_000

/** Counts while an import goes on. */
export interface Tally {
  count(kind: ImportKind, outcome: 'added' | 'present', n?: number): void
  leaveOut(entry: LeftOut, n?: number): void
  /** Something that came in, but not as it was. */
  note(entry: LeftOut): void
  report(
    status: MlflowImportReport['status'],
    notImported: Readonly<Record<string, number>>,
  ): MlflowImportReport
}

export function createTally(): Tally {
  const counts = Object.fromEntries(
    KINDS.map((kind) => [kind, { found: 0, added: 0, present: 0, leftOut: 0 }]),
  ) as Record<ImportKind, { -readonly [Key in keyof ImportCounts]: number }>
  const leftOut: LeftOut[] = []
  const note = (entry: LeftOut) => {
    if (leftOut.length < LISTED) leftOut.push(entry)
  }
  return {
    count(kind, outcome, n = 1) {
      counts[kind].found += n
      counts[kind][outcome] += n
    },
    leaveOut(entry, n = 1) {
      counts[entry.kind].found += n
      counts[entry.kind].leftOut += n
      note(entry)
    },
    note,
    report: (status, notImported) => ({ status, counts, leftOut, notImported }),
  }
}

/**
 * Whether an error is about the one thing that was to come in. A full disk or a lost database is
 * not: the import stops there, and goes on when it is run again.
 */
export function isAboutOne(error: unknown): error is Error & { readonly code: string } {
  return isMlopsError(error) && ['invalid', 'conflict', 'not-found'].includes(error.kind)
}
