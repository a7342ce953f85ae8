import { invalid } from '@mlops/core'

/** The options, or a typed error where they are none: `null`, a number, nothing at all. */
export function given<T>(options: T, code = 'abtest.invalid-option'): NonNullable<T> {
  if (typeof options === 'object' && options !== null) return options
  throw invalid(
    code,
    `the options are ${String(options)}; give an object, as the function’s example does`,
    {},
  )
}
