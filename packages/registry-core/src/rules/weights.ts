/**
 * Whether weights sum to exactly 1 as the decimals that they are printed as, so that 0.1, 0.2 and
 * 0.7 do, though their doubles do not, and 0.3, 0.3 and 0.39 do not.
 */
export function sumsToOne(weights: readonly number[]): boolean {
  const parts = weights.map(decimal)
  const scale = Math.max(0, ...parts.map(({ exponent }) => exponent))
  const sum = parts.reduce(
    (total, { digits, exponent }) => total + digits * 10n ** BigInt(scale - exponent),
    0n,
  )
  return sum === 10n ** BigInt(scale)
}

/** What is left of 1, exactly as a decimal: 0.9 for 0.1, and not 0.09999999999999998. */
export function restOf(weight: number): number {
  const { digits, exponent } = decimal(weight)
  const rest = 10n ** BigInt(exponent) - digits
  return Number(`${rest}e-${exponent}`)
}

/** `digits · 10^-exponent`, of the shortest decimal that gives the number. */
function decimal(weight: number): { readonly digits: bigint; readonly exponent: number } {
  const [mantissa, power = '0'] = String(weight).split('e') as [string, string?]
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?]
  const exponent = fraction.length - Number(power)
  const digits = BigInt(whole + fraction)
  return exponent < 0
    ? { digits: digits * 10n ** BigInt(-exponent), exponent: 0 }
    : { digits, exponent }
}
