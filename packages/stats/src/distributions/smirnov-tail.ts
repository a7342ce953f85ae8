import { binomialDeviance, binomialFactor } from '../special/deviance.ts'
import { addDouble2, divideDouble2, expNegative, low } from '../special/double-double.ts'

const ALL_TERMS = 8192
const SPACED_TERMS = 1024

/**
 * The one-sided tail P(D+_n >= d) = sum over j of C(n,j) d (d + j/n)^(j-1) (1 - d - j/n)^(n-j).
 *
 * The terms form a smooth bell over j/n that is flat zero at both ends, so for a large n every
 * stride-th of them gives the sum to the last digit.
 *
 * Source: N. V. Smirnov (1944); Z. W. Birnbaum, F. H. Tingey, Ann. Math. Statist. 22 (1951).
 */
export function smirnovTail(d: number, n: number): number {
  const stride = n <= ALL_TERMS ? 1 : Math.floor(n / SPACED_TERMS)
  let sum = 0
  for (let j = 0; j < n * (1 - d); j += stride) {
    const share = divideDouble2(j, 0, n, 0)
    const xh = addDouble2(share, low[0]!, d, 0)
    const xl = low[0]!
    const yh = addDouble2(1, 0, -xh, -xl)
    const yl = low[0]!
    if (yh <= 0) break
    const eh = binomialDeviance(j, n, xh, xl, yh, yl)
    sum += (expNegative(eh, low[0]!, binomialFactor(j, n)) * d) / xh
  }
  return sum * stride
}
