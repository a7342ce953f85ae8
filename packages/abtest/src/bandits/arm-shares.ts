/** Gives the best scores equal probabilities: ties are broken at random. */
export function uniformOverBest(
  scores: Float64Array,
  probabilities: Float64Array,
  share = 1,
): void {
  let best = Number.NEGATIVE_INFINITY
  let first = 0
  let ties = 0
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!
    if (score > best) {
      best = score
      first = i
      ties = 1
    } else if (score === best) ties++
  }
  if (ties === 1) probabilities[first]! += share
  else
    for (let i = first; i < scores.length; i++)
      if (scores[i] === best) probabilities[i]! += share / ties
}

/** Raises every probability to at least `floor` (at most 1/K): p ← f + (1 − K·f)·p. */
export function addFloor(probabilities: Float64Array, floor: number): void {
  if (floor === 0) return
  const k = probabilities.length
  const f = Math.min(floor, 1 / k)
  for (let i = 0; i < k; i++) probabilities[i] = f + (1 - k * f) * probabilities[i]!
}

/** Whether the numbers are these. */
export function same(a: readonly number[], b: Float64Array): boolean {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** The numbers as JSON. */
export function plain(values: Float64Array): number[] {
  const out: number[] = []
  for (let i = 0; i < values.length; i++) out.push(values[i]!)
  return out
}

/** The scores as JSON; null for an arm that goes first. */
export function withoutInfinity(scores: Float64Array): (number | null)[] {
  const out: number[] = []
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!
    // Arrays that hold numbers only are faster, so null gets one of another making.
    if (score === Number.POSITIVE_INFINITY)
      return Array.from(scores, (one) => (one === Number.POSITIVE_INFINITY ? null : one))
    out.push(score)
  }
  return out
}
