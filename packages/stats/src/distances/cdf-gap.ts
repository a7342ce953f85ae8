import { cdfArea } from '../kernels/cdf-area.ts'
import { radixSort } from '../kernels/radix-sort.ts'

/**
 * `∫ g(F_x(t) − F_y(t)) dt` over the gap between the two empirical distribution functions, `g` being
 * the absolute value or the square. Input: finite values, none empty. Cost: O(n + m) for the absolute
 * value of large samples, else two radix sorts.
 */
export function integrateCdfGap(x: Float64Array, y: Float64Array, power: 1 | 2): number {
  return (power === 1 ? cdfArea(x, y) : undefined) ?? bySorting(x, y, power)
}

function bySorting(x: Float64Array, y: Float64Array, power: 1 | 2): number {
  const a = radixSort(x)
  const b = radixSort(y)
  const n = a.length
  const m = b.length
  let i = 0
  let j = 0
  let last = Math.min(a[0]!, b[0]!)
  let sum = 0
  let carry = 0
  while (i < n || j < m) {
    const at = j >= m || (i < n && a[i]! <= b[j]!) ? a[i]! : b[j]!
    if (at !== last) {
      const gap = Math.abs(i / n - j / m)
      // Kahan: millions of small slices must not drown each other.
      const slice = (power === 1 ? gap : gap * gap) * (at - last) - carry
      const next = sum + slice
      carry = next - sum - slice
      sum = next
      last = at
    }
    while (i < n && a[i]! === at) i++
    while (j < m && b[j]! === at) j++
  }
  return sum
}
