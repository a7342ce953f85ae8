import { invalid } from '@mlops/core'
import type { SearchDimension, SearchSpace } from '../model/study.ts'

type Params = Readonly<Record<string, string | number | boolean>>

/**
 * Demands that params name exactly those of the space and that each lies in it.
 *
 * @throws `invalid` `registry.outside-space`; `details.faults` lists which params, and why.
 */
export function assertInSpace(space: SearchSpace, params: Params): void {
  const faults = [
    ...Object.entries(space).map(([param, dimension]) => ({
      param,
      why: Object.hasOwn(params, param) ? faultOf(dimension, params[param]!) : 'is missing',
    })),
    ...Object.keys(params)
      .filter((param) => !Object.hasOwn(space, param))
      .map((param) => ({ param, why: 'is none of the space' })),
  ].filter(({ why }) => why !== undefined)
  if (faults.length === 0) return
  const told = faults.slice(0, 5).map(({ param, why }) => `${param} ${why}`)
  throw invalid(
    'registry.outside-space',
    `the params are not in the study's space: ${told.join('; ')}${faults.length > 5 ? '; …' : ''}`,
    { faults },
  )
}

function faultOf(dimension: SearchDimension, value: Params[string]): string | undefined {
  const is = `is ${typeof value === 'string' ? JSON.stringify(value) : value}`
  if (dimension.type === 'categorical') {
    return dimension.choices.includes(value) ? undefined : `${is}, which is none of the choices`
  }
  const { type, low, high } = dimension
  if (typeof value !== 'number') return `${is}, not a number`
  if (!(value >= low && value <= high)) return `${is}, not within ${low} to ${high}`
  if (type === 'int' && !Number.isInteger(value)) return `${is}, not a whole number`
  const { step } = dimension
  if (step === undefined || isOnGrid(value, low, step)) return undefined
  return `${is}, not ${low} and a multiple of ${step}`
}

/** As far as rounding lets one tell: 0.1 + 0.2 is on the grid of 0.1. */
function isOnGrid(value: number, low: number, step: number): boolean {
  const steps = (value - low) / step
  const rounding = (4 * Number.EPSILON * (Math.abs(value) + Math.abs(low))) / step
  return Math.abs(steps - Math.round(steps)) <= 1e-8 + rounding
}
