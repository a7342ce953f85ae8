import { passesFor } from './choose-passes.ts'

/** Whether no value is NaN or infinite. Cost: one pass. */
export function allFinite(values: Float64Array): boolean {
  return passesFor(values.length).allFinite(values)
}
