/** One conformance case, whatever file it came from. */
export interface ConformanceCase {
  /** File it came from, without extension: `drift`, `abtest`, `real-data`, … */
  readonly file: string
  readonly id: string
  readonly method: string
  readonly expected: unknown
  readonly tolerance: Tolerance
  /** The library's answer or a promise of it, in the shape of `expected`. Absent: nobody has mapped this method. */
  readonly actual?: () => unknown
}

/** Absolute; relative; or absolute by key of the expected object. */
export type Tolerance = number | { readonly rel: number } | { readonly [key: string]: number }

/** A case of drift.json or abtest.json as it stands there. */
export interface RawCase {
  readonly id: string
  readonly method: string
  // biome-ignore lint/suspicious/noExplicitAny: every method has its own parameters.
  readonly params: Record<string, any>
  // biome-ignore lint/suspicious/noExplicitAny: every method has its own input.
  readonly input: Record<string, any>
  readonly expected: unknown
  readonly tolerance?: Tolerance
}

/** Answers the cases of a method in the shape of their `expected`. */
export type Method = (raw: RawCase) => unknown
