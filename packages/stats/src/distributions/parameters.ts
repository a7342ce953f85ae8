import { MlopsError } from '@mlops/core'

function refuse(name: string, value: number, bound: string): never {
  throw new MlopsError({
    kind: 'invalid',
    code: 'stats.invalid-parameter',
    message: `${name} must be ${bound}, got ${value}`,
    details: { parameter: name, value: String(value), bound },
  })
}

/** A value the distribution is asked about: anything but NaN. */
export function requireNumber(name: string, value: number): void {
  if (Number.isNaN(value)) refuse(name, value, 'a number')
}

/** A shape, scale or number of degrees of freedom. */
export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) refuse(name, value, 'positive and finite')
}

/** A probability, both ends included. */
export function requireProbability(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) refuse(name, value, 'between 0 and 1')
}

/** A count of at least `least`. */
export function requireCount(name: string, value: number, least = 0): void {
  if (!(Number.isSafeInteger(value) && value >= least)) {
    refuse(name, value, `a whole number of at least ${least}`)
  }
}
