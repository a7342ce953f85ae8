const number = new Float64Array(1)
const bits = new BigInt64Array(number.buffer)

/** The smallest double above x, so that `v > x` is `v >= nextUp(x)`; Infinity for the largest. x is no NaN. */
export function nextUp(x: number): number {
  if (x === Infinity) return x
  if (x === 0) return Number.MIN_VALUE
  number[0] = x
  bits[0]! += x > 0 ? 1n : -1n
  return number[0]
}
