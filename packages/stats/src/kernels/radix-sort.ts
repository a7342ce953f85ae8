const DIGIT_BITS = 11
const DIGITS = 6
const RADIX = 1 << DIGIT_BITS
const SMALL = 4096

/**
 * A sorted copy of the values, ascending, `-0` before `0`, infinities at the ends.
 *
 * Six passes over 11-bit digits of the bit pattern (least significant first), trivial passes
 * skipped. Negative numbers come out last and reversed, and are turned round at the end, so that
 * no altered bit pattern ever travels through a Float64Array. Short inputs use the built-in sort.
 *
 * Input: no NaN. Cost: O(n) time, 2n doubles of memory.
 */
export function radixSort(values: Float64Array): Float64Array {
  const n = values.length
  if (n < SMALL) return values.slice().sort()
  const words = wordsOf(values)
  const histogram = digitHistogram(words, n)

  let from = values
  let to: Float64Array = new Float64Array(n)
  for (let digit = 0; digit < DIGITS; digit++) {
    if (histogram[digit * RADIX + digitOf(words[0]!, words[1]!, digit)] === n) continue
    scatter(from, to, histogram.subarray(digit * RADIX, (digit + 1) * RADIX), digit)
    // The caller's array is read in the first pass only; from then on two own buffers alternate.
    const free = from === values ? new Float64Array(n) : from
    from = to
    to = free
  }
  if (from === values) return values.slice()
  return negativesFirst(from, to)
}

function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
}

function digitOf(low: number, high: number, digit: number): number {
  switch (digit) {
    case 0:
      return low & 2047
    case 1:
      return (low >>> 11) & 2047
    case 2:
      return (low >>> 22) | ((high & 1) << 10)
    case 3:
      return (high >>> 1) & 2047
    case 4:
      return (high >>> 12) & 2047
    default:
      return high >>> 23
  }
}

function digitHistogram(words: Uint32Array, n: number): Uint32Array {
  const h = new Uint32Array(DIGITS * RADIX)
  for (let i = 0; i < n; i++) {
    const low = words[2 * i]!
    const high = words[2 * i + 1]!
    h[low & 2047]!++
    h[RADIX + ((low >>> 11) & 2047)]!++
    h[2 * RADIX + ((low >>> 22) | ((high & 1) << 10))]!++
    h[3 * RADIX + ((high >>> 1) & 2047)]!++
    h[4 * RADIX + ((high >>> 12) & 2047)]!++
    h[5 * RADIX + (high >>> 23)]!++
  }
  return h
}

function scatter(from: Float64Array, to: Float64Array, counts: Uint32Array, digit: number): void {
  let offset = 0
  for (let d = 0; d < RADIX; d++) {
    const count = counts[d]!
    counts[d] = offset
    offset += count
  }
  const words = wordsOf(from)
  const n = from.length
  // The two-word digit and the one-word digits are separate loops: the hot loop stays branch-free.
  if (digit === 2) {
    for (let i = 0; i < n; i++) {
      const d = (words[2 * i]! >>> 22) | ((words[2 * i + 1]! & 1) << 10)
      to[counts[d]!++] = from[i]!
    }
    return
  }
  const word = digit < 2 ? 0 : 1
  const shift = [0, 11, 0, 1, 12, 23][digit]!
  for (let i = 0; i < n; i++) {
    const d = (words[2 * i + word]! >>> shift) & 2047
    to[counts[d]!++] = from[i]!
  }
}

function negativesFirst(sorted: Float64Array, buffer: Float64Array): Float64Array {
  const n = sorted.length
  const words = wordsOf(sorted)
  let low = 0
  let high = n
  while (low < high) {
    const middle = (low + high) >>> 1
    if (words[2 * middle + 1]! >>> 31 === 1) high = middle
    else low = middle + 1
  }
  if (low === n) return sorted
  const negatives = n - low
  for (let i = 0; i < negatives; i++) buffer[i] = sorted[n - 1 - i]!
  buffer.set(sorted.subarray(0, low), negatives)
  return buffer
}
