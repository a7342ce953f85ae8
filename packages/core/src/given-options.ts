import { invalid } from './errors.ts'

/**
 * Options as a function was given them, so that a caller without types is told of `null` and the like in
 * one way.
 *
 * @throws `invalid` with the code, `core.invalid-options` unless another is given, where they are no object.
 *
 * @example
 * ```ts
 * import { givenOptions } from '@mlops/core'
 *
 * function powers({ exponent = 2 }: { exponent?: number }) {
 *   return exponent
 * }
 * console.log(powers(givenOptions({ exponent: 3 }))) // 3
 * ```
 */
export function givenOptions<Options>(
  options: Options,
  code = 'core.invalid-options',
): NonNullable<Options> {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return options
  const kind = options === null ? 'null' : Array.isArray(options) ? 'a list' : typeof options
  throw invalid(code, `options must be an object, got ${kind}: see the function's example`, {
    kind,
  })
}
