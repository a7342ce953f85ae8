import { MlopsError } from '@mlops/core'
import { binomial, logGamma, normal } from '@mlops/stats'
import type { ComparisonTest } from './comparisons.ts'
import type { Design, DesignSettings } from './design.ts'
import { defineDesign } from './design.ts'
import { checkGiven, checkProportion, oneOfDesign } from './design-checks.ts'
import { bad } from './sample-size.ts'

export interface ExactProportionsDesignOptions extends Omit<DesignSettings, 'looks'> {
  /** Proportion under control, strictly between 0 and 1. */
  readonly control: number
  /** The test whose rejections are counted. @default 'fisher' */
  readonly test?: 'fisher' | 'z-pooled' | 'z-unpooled'
}

/** Tables of more units per arm are no longer enumerated. */
const MOST = 1000
/** Outcomes less likely than this are left out. */
const NEGLIGIBLE = 1e-13
/** R's relative tolerance for tables as likely as the observed one. */
const TIE = 1 + 1e-7

/**
 * Design of a difference of proportions, exact: every pair of counts that the test would reject, by its probability.
 *
 * `power = Σ_{x_c, x_t} b(x_c; n_c, p_c)·b(x_t; n_t, p_t)·[the test of (x_c, x_t) rejects]`. A z test whose standard
 * error is 0 does not reject. The power is no rising function of the units: see {@link requiredUnits}.
 *
 * Cost: the product of the units of both arms for each power; at most 1000 per arm.
 *
 * @throws `invalid` `abtest.invalid-design`; `unsupported` `abtest.too-large` beyond 1000 units in an arm.
 * @example
 * ```ts
 * import { achievedPower, designForExactProportions, requiredUnits } from '@mlops/abtest/design'
 *
 * const design = designForExactProportions({ control: 0.2 })
 * console.log(achievedPower(design, { units: [30, 30], effect: 0.4 }).power?.toFixed(4)) // 0.8508
 * console.log(requiredUnits(design, { effect: 0.4 }).arms) // [ 27, 27 ]
 * ```
 * Source: Fisher's test as in R's fisher.test; enumeration as in Casagrande, Pike & Smith 1978.
 */
export function designForExactProportions(options: ExactProportionsDesignOptions): Design {
  checkGiven(options, '{ control: 0.05 }')
  const { control, test = 'fisher' } = options
  checkProportion('control', control)
  oneOfDesign('test', test, ['fisher', 'z-pooled', 'z-unpooled'])
  if ('looks' in options)
    throw bad('an exact design has one look; leave out looks, or use designForProportions', {})
  return defineDesign(options, {
    method: `exact-${test}`,
    scale: 'difference of proportions',
    limits: { down: control, up: 1 - control },
    sawTooth: true,
    leastUnits: 1,
    adjustments: ['exact: all pairs of counts are enumerated'],
    pair: (c, t, effect, { level, alternative }) => {
      if (Math.max(c, t) > MOST) throw tooLarge(c, t)
      if (!Number.isInteger(c) || !Number.isInteger(t))
        throw bad(`an exact design counts whole units, got ${c} and ${t}`, { units: [c, t] })
      const rejects = test === 'fisher' ? fisher : zTest(test)
      return enumerate([c, control], [t, control + effect], rejects(c, t, level, alternative))
    },
  })
}

type Rejects = (controls: number, treatments: number) => boolean
type Rule = (
  c: number,
  t: number,
  level: number,
  alternative: ComparisonTest['alternative'],
) => Rejects

function enumerate(
  [c, pc]: readonly [number, number],
  [t, pt]: readonly [number, number],
  rejects: Rejects,
): number {
  const [controls, treatments] = [likely(c, pc), likely(t, pt)]
  let power = 0
  for (const [x, px] of controls) {
    let row = 0
    for (const [y, py] of treatments) if (rejects(x, y)) row += py
    power += px * row
  }
  return Math.min(1, power)
}

function likely(n: number, p: number): [number, number][] {
  const counts: [number, number][] = []
  for (let k = 0; k <= n; k++) {
    const mass = binomial.pmf(k, n, p)
    if (mass > NEGLIGIBLE) counts.push([k, mass])
  }
  return counts
}

const zTest =
  (variance: 'z-pooled' | 'z-unpooled'): Rule =>
  (c, t, level, alternative) => {
    const critical = normal.quantileSf(alternative === 'two-sided' ? level / 2 : level)
    return (x, y) => {
      const [p, q, mean] = [x / c, y / t, (x + y) / (c + t)]
      const squared =
        variance === 'z-pooled'
          ? mean * (1 - mean) * (1 / c + 1 / t)
          : (p * (1 - p)) / c + (q * (1 - q)) / t
      if (!(squared > 0)) return false
      const z = (q - p) / Math.sqrt(squared)
      if (alternative === 'two-sided') return Math.abs(z) > critical
      return alternative === 'greater' ? z > critical : z < -critical
    }
  }

/** Which treatment counts Fisher's test rejects, for each total: found once per total, then looked up. */
const fisher: Rule = (c, t, level, alternative) => {
  const regions = new Map<number, Uint8Array>()
  return (x, y) => {
    let region = regions.get(x + y)
    if (region === undefined) {
      region = fisherRegion(c, t, x + y, level, alternative)
      regions.set(x + y, region)
    }
    return region[y] === 1
  }
}

function fisherRegion(
  c: number,
  t: number,
  total: number,
  level: number,
  alternative: ComparisonTest['alternative'],
): Uint8Array {
  const [least, most] = [Math.max(0, total - c), Math.min(t, total)]
  const masses = Float64Array.from({ length: most - least + 1 }, (_, i) =>
    Math.exp(logChoose(t, least + i) + logChoose(c, total - least - i) - logChoose(c + t, total)),
  )
  const region = new Uint8Array(most + 1)
  if (alternative !== 'two-sided') {
    const up = alternative === 'greater'
    let tail = 0
    for (let k = 0; k < masses.length; k++) {
      const i = up ? masses.length - 1 - k : k
      tail += masses[i]!
      if (tail > level) break
      region[least + i] = 1
    }
    return region
  }
  const order = [...masses.keys()].sort((a, b) => masses[a]! - masses[b]!)
  let [sum, to] = [0, 0]
  for (const i of order) {
    // All tables that are no more likely than this one, ties within the tolerance.
    while (to < order.length && masses[order[to]!]! <= masses[i]! * TIE)
      sum += masses[order[to++]!]!
    if (sum > level) break
    region[least + i] = 1
  }
  return region
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
}

function tooLarge(c: number, t: number): MlopsError {
  return new MlopsError({
    kind: 'unsupported',
    code: 'abtest.too-large',
    message: `${c} and ${t} units are too many to enumerate (${MOST} per arm); use designForProportions, whose normal approximation is good there`,
    details: { units: [c, t] },
  })
}
