import { normal } from '@mlops/stats'
import type { PathDensity } from './path-density.ts'
import { exitAbove } from './path-density.ts'

/** Less than this cannot be told from nothing by the integration. */
const NOTHING = 1e-28

/**
 * The score above which exactly `target` of the paths end at this information; `null` when that is less than
 * 1e-28, or more than are left. Newton steps on the logarithm, kept in a shrinking bracket.
 */
export function exitBound(
  path: PathDensity,
  information: number,
  drift: number,
  target: number,
): number | null {
  let left = 0
  for (const mass of path.mass) left += mass
  if (!(target > NOTHING) || target >= left) return null
  const sd = Math.sqrt(information)
  let low = drift * information - 12 * sd
  let high = drift * information + 12 * sd
  let at = drift * information + sd * Math.max(-11, Math.min(11, normal.quantileSf(target / left)))
  for (let i = 0; i < 200; i++) {
    const above = exitAbove(path, information, drift, at)
    if (above > target) low = at
    else high = at
    const slope = densityAt(path, information, drift, at)
    const newton = at + (Math.log(above / target) * above) / slope
    const next = newton > low && newton < high ? newton : (low + high) / 2
    if (Math.abs(next - at) <= 1e-13 * sd) return next
    at = next
  }
  return at
}

function densityAt(
  { information: before, score, mass }: PathDensity,
  information: number,
  drift: number,
  at: number,
): number {
  const step = information - before
  const sd = Math.sqrt(step)
  let sum = 0
  for (let i = 0; i < score.length; i++) {
    const x = (at - drift * step - score[i]!) / sd
    if (x > -12 && x < 12) sum += mass[i]! * Math.exp(-0.5 * x * x)
  }
  return sum / (sd * Math.sqrt(2 * Math.PI))
}
