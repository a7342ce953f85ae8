/** Rounds to the nearest integer, halves to the even one: numpy's rounding, so that borderline counts agree. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}
