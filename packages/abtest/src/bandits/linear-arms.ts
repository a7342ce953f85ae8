import { requireCount, requireOption, requirePositive } from '../require-option.ts'
import type { BanditArm } from './bandit.ts'
import { numbersFault } from './bandit-state.ts'
import { invert } from './cholesky-inverse.ts'
import type { BanditDefinition } from './define-bandit.ts'

export interface LinearOptions {
  /** Number of features of a context. */
  readonly dimension: number
  /** Ridge penalty, or prior precision, of every coefficient. @default 1 */
  readonly l2?: number
  /** Factor by which all that was learned fades at each reward, in (0, 1]. @default 1 */
  readonly discount?: number
}

/** The sufficient statistics of an arm's linear model, upper triangles row by row. */
export interface LinearArm {
  readonly n: number
  /** Σ w·x·xᵀ, without the penalty. */
  readonly gram: readonly number[]
  /** Σ target·x. */
  readonly moment: readonly number[]
  /** (gram + l2·I)⁻¹ as it is kept up, and how many updates ago it was computed afresh. */
  readonly inverse: readonly number[]
  /** inverse·moment, kept up likewise. */
  readonly theta: readonly number[]
  readonly sinceFactor: number
}

/** An arm's linear model, ready for work; matrices are full, row by row. */
export interface LinearWork {
  n: number
  readonly gram: Float64Array
  readonly moment: Float64Array
  readonly inverse: Float64Array
  /** inverse·moment. */
  readonly theta: Float64Array
  sinceFactor: number
  stale: boolean
}

export interface LinearWorks {
  readonly arms: readonly LinearWork[]
  /** inverse·x of the last question. */
  readonly scratch: Float64Array
}

export type NoShared = Record<string, never>

type Part = Pick<
  BanditDefinition<LinearArm, NoShared, LinearWorks>,
  | 'freshArm'
  | 'freshShared'
  | 'load'
  | 'save'
  | 'mergeArms'
  | 'mergeShared'
  | 'faultOf'
  | 'dimension'
>

/** Rank-one updates between two fresh factorisations: their rounding errors stay below 1e-10. */
const REFACTOR_EVERY = 256

/** What the bandits with a linear model for each arm have in common. */
export function linearCounting({ dimension: d, l2 = 1, discount = 1 }: LinearOptions): Part {
  requireCount('dimension', d, 1)
  requirePositive('l2', l2)
  requireOption('discount', discount, discount > 0 && discount <= 1, 'lie above 0 and at most at 1')
  const triangle = (d * (d + 1)) / 2
  const fresh = (): LinearArm => ({
    n: 0,
    gram: new Array<number>(triangle).fill(0),
    moment: new Array<number>(d).fill(0),
    inverse: upper(identity(d, 1 / l2), d),
    theta: new Array<number>(d).fill(0),
    sinceFactor: 0,
  })
  return {
    dimension: d,
    freshArm: fresh,
    freshShared: () => ({}),
    load: (arms) => ({
      arms: arms.map(({ body }: BanditArm<LinearArm>) => {
        return {
          n: body.n,
          gram: full(body.gram, d),
          moment: Float64Array.from(body.moment),
          inverse: full(body.inverse, d),
          theta: Float64Array.from(body.theta),
          sinceFactor: body.sinceFactor,
          stale: discount < 1,
        }
      }),
      scratch: new Float64Array(d),
    }),
    save: ({ arms }) => ({
      arms: arms.map((work) => ({
        n: work.n,
        gram: upper(work.gram, d),
        moment: [...work.moment],
        inverse: upper(work.inverse, d),
        theta: [...work.theta],
        sinceFactor: work.sinceFactor,
      })),
      shared: {},
    }),
    mergeArms(a, b) {
      const gram = a.gram.map((value, i) => value + b.gram[i]!)
      const inverse = full(gram, d)
      invert(inverse, l2, d)
      const moment = Float64Array.from(a.moment, (value, i) => value + b.moment[i]!)
      const theta = new Float64Array(d)
      solveTheta({ inverse, moment, theta }, d)
      return {
        n: a.n + b.n,
        gram,
        moment: [...moment],
        inverse: upper(inverse, d),
        theta: [...theta],
        sinceFactor: 0,
      }
    },
    mergeShared: () => ({}),
    faultOf(body, part) {
      if (part === 'shared') return undefined
      const { gram, moment, inverse, theta, n } = body as LinearArm
      const sizes = [gram?.length, moment?.length, inverse?.length, theta?.length].join()
      if (sizes !== [triangle, d, triangle, d].join()) return 'its matrices are of another size'
      if (!(n >= 0)) return "'n' is no count"
      return numbersFault(body, ['n', 'gram', 'moment', 'inverse', 'theta', 'sinceFactor'])
    },
  }
}

/** Brings the inverse up to date where a discount left it behind. */
export function refresh(work: LinearWork, l2: number, d: number): void {
  if (!work.stale) return
  work.inverse.set(work.gram)
  invert(work.inverse, l2, d)
  solveTheta(work, d)
  work.stale = false
}

/** x·theta. */
export function predict({ theta }: LinearWork, x: Float64Array): number {
  let sum = 0
  for (let i = 0; i < theta.length; i++) sum += theta[i]! * x[i]!
  return sum
}

/** xᵀ·inverse·x; leaves inverse·x in `scratch`. */
export function leverage({ inverse }: LinearWork, x: Float64Array, scratch: Float64Array): number {
  const d = scratch.length
  let total = 0
  for (let i = 0, at = 0; i < d; i++) {
    let sum = 0
    for (let j = 0; j < d; j++, at++) sum += inverse[at]! * x[j]!
    scratch[i] = sum
    total += sum * x[i]!
  }
  return Math.max(0, total)
}

/**
 * Adds one observation to an arm: gram += weight·x·xᵀ, moment += target·x, the inverse by Sherman and
 * Morrison's rank-one formula. With a discount all arms fade first and are inverted when needed.
 */
export function observe(
  { arms, scratch }: LinearWorks,
  at: number,
  x: Float64Array,
  {
    weight,
    target,
    l2,
    discount,
  }: { weight: number; target: number; l2: number; discount: number },
): void {
  const work = arms[at]!
  const d = scratch.length
  const { gram, moment, inverse, theta } = work
  if (discount < 1) {
    for (const arm of arms) {
      for (let i = 0; i < arm.gram.length; i++) arm.gram[i]! *= discount
      for (let i = 0; i < d; i++) arm.moment[i]! *= discount
      arm.n *= discount
      arm.stale = true
    }
  }
  work.n++
  for (let i = 0; i < d; i++) {
    const wx = weight * x[i]!
    for (let j = i; j < d; j++) {
      const value = gram[i * d + j]! + wx * x[j]!
      // Both triangles to the last bit: JSON keeps one.
      gram[i * d + j] = value
      gram[j * d + i] = value
    }
    moment[i]! += target * x[i]!
  }
  if (work.stale) return
  if (++work.sinceFactor >= REFACTOR_EVERY) {
    inverse.set(gram)
    invert(inverse, l2, d)
    work.sinceFactor = 0
    solveTheta(work, d)
    return
  }
  const spread = leverage(work, x, scratch)
  const shrink = weight / (1 + weight * spread)
  let fit = 0
  for (let i = 0; i < d; i++) fit += theta[i]! * x[i]!
  // theta moves along inverse·x by (target − weight·fit)/(1 + weight·spread).
  const step = (target - weight * fit) / (1 + weight * spread)
  for (let i = 0; i < d; i++) {
    const s = shrink * scratch[i]!
    for (let j = i; j < d; j++) {
      const value = inverse[i * d + j]! - s * scratch[j]!
      inverse[i * d + j] = value
      inverse[j * d + i] = value
    }
    theta[i]! += step * scratch[i]!
  }
}

function solveTheta(
  { inverse, moment, theta }: Pick<LinearWork, 'inverse' | 'moment' | 'theta'>,
  d: number,
): void {
  for (let i = 0, at = 0; i < d; i++) {
    let sum = 0
    for (let j = 0; j < d; j++, at++) sum += inverse[at]! * moment[j]!
    theta[i] = sum
  }
}

function identity(d: number, value: number): Float64Array {
  const m = new Float64Array(d * d)
  for (let i = 0; i < d; i++) m[i * d + i] = value
  return m
}

function upper(m: Float64Array, d: number): number[] {
  const out: number[] = []
  for (let i = 0; i < d; i++) for (let j = i; j < d; j++) out.push(m[i * d + j]!)
  return out
}

function full(triangle: readonly number[], d: number): Float64Array {
  const m = new Float64Array(d * d)
  let at = 0
  for (let i = 0; i < d; i++) {
    for (let j = i; j < d; j++) {
      m[i * d + j] = triangle[at]!
      m[j * d + i] = triangle[at++]!
    }
  }
  return m
}
