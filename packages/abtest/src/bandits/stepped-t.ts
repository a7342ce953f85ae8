import { gammaHalfStep } from './arm-laws.ts'
import type { SteppedLaws } from './stepped-laws.ts'
import { emptyColumns, LEAST_BELOW, natsOf } from './stepped-laws.ts'

export interface SteppedT extends SteppedLaws {
  set(k: number, df: number, location: number, scale: number): void
}

/**
 * Student's t laws; df infinite is normal.
 *
 * Off the axis `|1 + (z + iy)²/ν| >= (1 − y²/ν)·(1 + z²/ν)`, so that the integral of `|f|` is at most
 * `(1 − y²/ν)^{−(ν+1)/2}`, for normal laws `e^{y²/2}`; `−ln(1 − x)` is convex, and `bend` its chord. Tails are fat:
 * sums begin where another arm is met with a probability of a twelfth of the error, and what lies above is known.
 */
export function steppedT(arms: number, error: number): SteppedT {
  const nats = natsOf(error, arms)
  const rare = Math.log(Math.sqrt(error / 6) / arms)
  const row = () => new Float64Array(arms)
  const [dfs, at, scales, norm, thin, cut] = [row(), row(), row(), row(), row(), row()]
  const [low, high, start, bend, reach] = [row(), row(), row(), row(), row()]
  const columns = emptyColumns(arms)
  const { width, begin, length, sum, below, hazard } = columns

  return {
    low,
    middle: at,
    high,
    start,
    bend,
    reach,
    columns,
    set(k, df, location, scale) {
      if (dfs[k] === df && at[k] === location && scales[k] === scale) return
      length[k] = -1
      if (dfs[k] !== df) {
        dfs[k] = df
        if (df === Number.POSITIVE_INFINITY) {
          norm[k] = -0.5 * Math.log(2 * Math.PI)
          thin[k] = Math.sqrt(2 * nats)
          cut[k] = thin[k]!
        } else {
          const peak = gammaHalfStep(df / 2) - 0.5 * Math.log(df * Math.PI)
          norm[k] = peak + 0.5 * (df + 1) * Math.log(df)
          thin[k] = tailPoint(df, peak, -nats)
          cut[k] = Math.min(thin[k]!, Math.max(2 * Math.sqrt(df), tailPoint(df, peak, rare)))
        }
      }
      at[k] = location
      scales[k] = scale
      low[k] = location - thin[k]! * scale
      high[k] = location + thin[k]! * scale
      start[k] = location + cut[k]! * scale
      if (df === Number.POSITIVE_INFINITY) {
        bend[k] = 0.5 / (scale * scale)
        reach[k] = Number.POSITIVE_INFINITY
      } else {
        const x = Math.min(0.5, 8 / df)
        bend[k] = (-Math.log1p(-x) / x) * ((df + 1) / (2 * df * scale * scale))
        reach[k] = Math.sqrt(x * df) * scale
      }
    },
    beyond(k, from, h) {
      const df = dfs[k]!
      if (df === Number.POSITIVE_INFINITY || (from + 1) * h > high[k]!) return 0
      const eta = h / scales[k]!
      const z = (from * h - at[k]!) / scales[k]!
      const v = df + z * z
      const w = df / v
      // Of the incomplete beta function; from 2·sqrt(df) scales on w is at most a fifth.
      const series =
        1 / df +
        w *
          (0.5 / (df + 2) +
            w * (0.375 / (df + 4) + w * (0.3125 / (df + 6) + (w * 0.2734375) / (df + 8))))
      const f = Math.exp(norm[k]! - 0.5 * (df + 1) * Math.log(v))
      return f * (Math.sqrt(v) * series - eta * endOfT(df, z, 1 / v, eta))
    },
    lengthen(k, h, to) {
      const df = dfs[k]!
      const s = 1 / scales[k]!
      const eta = h * s
      const centre = at[k]!
      let above = sum[k]!
      const from = begin[k]!
      const c = norm[k]!
      const half = 0.5 * (df + 1)
      for (let i = length[k]!; i < to; i++) {
        const z = ((from - i) * h - centre) * s
        const q = z * z
        let f = 0
        let end = 0
        if (df === Number.POSITIVE_INFINITY) {
          f = Math.exp(c - 0.5 * q)
          end = 0.5 - (eta / 12) * z * (1 - ((eta * eta) / 60) * (q - 3))
        } else {
          const v = df + q
          f = Math.exp(c - half * Math.log(v))
          end = endOfT(df, z, 1 / v, eta)
        }
        const p = Math.min(1, Math.max(LEAST_BELOW, 1 - above - f * eta * end))
        const cell = k * width + i
        below[cell] = p
        hazard[cell] = (f * s) / p
        above += eta * f
      }
      sum[k] = above
      length[k] = to
    },
  }
}

/** `½ + h·f′/12f − h³·f‴/720f` z scales from the centre, h in scales, w = 1/(df + z²). */
function endOfT(df: number, z: number, w: number, h: number): number {
  const u = (df + 1) * w
  const slope = -u * z
  const bend = u * w * (z * z - df)
  const twist = 2 * u * w * w * z * (3 * df - z * z)
  return 0.5 + (h / 12) * (slope - ((h * h) / 60) * (slope * (slope * slope + 3 * bend) + twist))
}

/** How many scales out t lies with a probability of at most exp(log): `P(T > z) <= f(z)·(df + z²)/(df·z)`. */
function tailPoint(df: number, peak: number, log: number): number {
  let z = 1.5
  for (let turn = 0; turn < 40; turn++) {
    const mills = Math.log((df + z * z) / (df * z))
    const level = peak + mills - log
    if (((df + 1) / 2) * Math.log(1 + (z * z) / df) >= level) return z
    z = 1.02 * Math.sqrt(df * Math.expm1((2 / (df + 1)) * level))
  }
  return z
}
