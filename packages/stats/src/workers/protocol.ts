/** A call, on its way to a thread. */
export interface Question {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

/** What came of it. Errors travel as their parts: a clone would lose their class. */
export type Answer =
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number
      readonly error: {
        readonly kind: string
        readonly code: string
        readonly message: string
        readonly details: unknown
      }
    }
