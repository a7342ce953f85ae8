import { gammaHalfStep } from './arm-laws.ts'
import type { SteppedLaws } from './stepped-laws.ts'
import { emptyColumns, natsOf } from './stepped-laws.ts'

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
  const { width, begin, length, sum, density, below } = columns

  /** The density at z scales from its centre, in units of the scale. */
  function densityAt(k: number, z: number): number {
    const df = dfs[k]!
    return df === Number.POSITIVE_INFINITY
      ? Math.exp(norm[k]! - 0.5 * z * z)
      : Math.exp(norm[k]! - 0.5 * (df + 1) * Math.log(1 + (z * z) / df))
  }

  return {
    low,
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
          norm[k] = gammaHalfStep(df / 2) - 0.5 * Math.log(df * Math.PI)
          thin[k] = tailPoint(df, norm[k]!, -nats)
          cut[k] = Math.min(thin[k]!, Math.max(2 * Math.sqrt(df), tailPoint(df, norm[k]!, rare)))
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
      const z = (from * h - at[k]!) / scales[k]!
      const w = df / (df + z * z)
      // Of the incomplete beta function; from 2·sqrt(df) scales on w is below a fifth.
      const series =
        1 / df +
        w *
          (0.5 / (df + 2) +
            w * (0.375 / (df + 4) + w * (0.3125 / (df + 6) + (w * 0.2734375) / (df + 8))))
      const f = densityAt(k, z)
      return f * (Math.sqrt(df + z * z) * series - (h / scales[k]!) * endOf(df, z, h / scales[k]!))
    },
    lengthen(k, h, to) {
      const df = dfs[k]!
      const s = 1 / scales[k]!
      const eta = h * s
      const centre = at[k]!
      let above = sum[k]!
      const from = begin[k]!
      for (let i = length[k]!; i < to; i++) {
        const z = ((from - i) * h - centre) * s
        const f = densityAt(k, z)
        const cell = k * width + i
        density[cell] = f * s
        below[cell] = Math.min(1, Math.max(1e-300, 1 - above - f * eta * endOf(df, z, eta)))
        above += eta * f
      }
      sum[k] = above
      length[k] = to
    },
  }
}

/** `½ + h·f′/12f − h³·f‴/720f` z scales from the centre, h in scales. */
function endOf(df: number, z: number, h: number): number {
  const q = z * z
  if (df === Number.POSITIVE_INFINITY) return 0.5 - (h / 12) * z + ((h * h * h) / 720) * z * (q - 3)
  const w = 1 / (df + q)
  const u = (df + 1) * w
  const slope = -u * z
  const bent = slope * (slope * slope - 3 * u * (df - q) * w) + 2 * u * z * (3 * df - q) * w * w
  return 0.5 + (h / 12) * slope - ((h * h * h) / 720) * bent
}

/** How many scales out t lies with a probability of at most exp(log): `P(T > z) <= f(z)·(df + z²)/(df·z)`. */
function tailPoint(df: number, norm: number, log: number): number {
  let z = 1.5
  for (let turn = 0; turn < 40; turn++) {
    const mills = Math.log((df + z * z) / (df * z))
    const level = norm + mills - log
    if (((df + 1) / 2) * Math.log(1 + (z * z) / df) >= level) return z
    z = 1.02 * Math.sqrt(df * Math.expm1((2 / (df + 1)) * level))
  }
  return z
}
