import { givenOptions } from '@mlops/core'

/** The options, or a typed error where they are none: `null`, a number, nothing at all. */
export function given<T>(options: T, code = 'abtest.invalid-option'): NonNullable<T> {
  return givenOptions(options, code)
}
