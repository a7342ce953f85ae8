import { join } from 'node:path'
import { benjaminiHochberg, benjaminiYekutieli, bonferroni, holm } from '@mlops/stats'
import type { ConformanceCase, Tolerance } from './case.ts'
import { numbers, readCsv } from './csv.ts'
import { powerSections } from './power.ts'
import { meanMethods, proportionMethods } from './real-data-ab.ts'
import { categoricalMethods, firstPresent, numericMethods, smallWindow } from './real-data-drift.ts'

// biome-ignore lint/suspicious/noExplicitAny: reference results are nested as their sections need.
type Results = Record<string, any>

/** The reference results agree with each other to about nine digits, with these exceptions. */
const TOLERANCE: Tolerance = { rel: 1e-8 }
const EXCEPTIONS: Readonly<Record<string, Tolerance>> = {
  // scipy's finite-sample KS law changes to Pelz and Good's expansion, good to about 1e-7.
  'drift.ks': { rel: 1e-6 },
  'drift.small_window': { rel: 1e-6 },
  'ab.mean.ks': { rel: 1e-6 },
  // scipy subtracts a series from 1 that it stops at terms of 1e-7.
  'drift.cvm': 1e-7,
}

/** The cases of real-data.json; `folder` holds the data sets. */
export function realDataCases(results: Results, folder: string): ConformanceCase[] {
  return [
    ...Object.entries<Results>(results['drift'] ?? {}).flatMap(([set, section]) =>
      driftCases(set, section, join(folder, set)),
    ),
    ...Object.entries<Results>(results['ab'] ?? {}).flatMap(([set, section]) =>
      set === 'power' ? powerCases(section) : abCases(set, section, join(folder, set)),
    ),
    ...Object.entries<Results>(results['fairness'] ?? {}).map(([set, section]) =>
      unmapped(`fairness.${set}`, 'fairness', section),
    ),
  ]
}

function driftCases(set: string, section: Results, folder: string): ConformanceCase[] {
  let tables: readonly [Map<string, string[]>, Map<string, string[]>] | undefined
  const cells = (column: string) => {
    tables ??= [readCsv(join(folder, 'reference.csv')), readCsv(join(folder, 'current.csv'))]
    return tables.map((table) => table.get(column)!) as [string[], string[]]
  }
  const numeric = (column: string) => cells(column).map(numbers) as [Float64Array, Float64Array]
  const cases: ConformanceCase[] = []
  for (const [column, expected] of Object.entries<Results>(section['numeric'])) {
    for (const [method, answer] of Object.entries(numericMethods)) {
      const { want, get } = answer(expected, () => numeric(column))
      if (want !== undefined) cases.push(mapped(`${set}.${column}`, `drift.${method}`, want, get))
    }
  }
  for (const [column, expected] of Object.entries<Results>(section['categorical'])) {
    for (const [method, answer] of Object.entries(categoricalMethods)) {
      const { want, get } = answer(expected, () => cells(column))
      if (want !== undefined) cases.push(mapped(`${set}.${column}`, `drift.${method}`, want, get))
    }
  }
  for (const [column, expected] of Object.entries<Results>(section['small_window'] ?? {})) {
    const get = () => {
      const [reference, current] = numeric(column)
      return smallWindow(firstPresent(reference, 40), firstPresent(current, 50), expected)
    }
    cases.push(mapped(`${set}.${column}`, 'drift.small_window', withoutNulls(expected), get))
  }
  const { p, columns: _, ...families } = section['multiple_testing'] ?? {}
  for (const [method, expected] of Object.entries<Results>(families)) {
    const adjust = { bonferroni, holm, fdr_bh: benjaminiHochberg, fdr_by: benjaminiYekutieli }[
      method
    ]
    if (adjust === undefined)
      cases.push(unmapped(`${set}.${method}`, `drift.multiple_testing.${method}`, expected))
    else {
      cases.push(
        mapped(set, `drift.multiple_testing.${method}`, expected, () => {
          const { adjusted, rejected } = adjust(p)
          return { reject: rejected, p_adjusted: adjusted }
        }),
      )
    }
  }
  return cases
}

function abCases(set: string, section: Results, folder: string): ConformanceCase[] {
  return Object.entries<Results>(section).flatMap(([metric, results]) => {
    if (typeof results !== 'object') return []
    const counts = 'x' in results['control']
    const methods = counts
      ? proportionMethods(results)
      : meanMethods(() => readArms(join(folder, `${metric}.csv`)))
    const { control: _c, treatment: _t, diff_intervals: intervals = {}, ...single } = results
    const expected = {
      ...single,
      ...Object.fromEntries(Object.entries(intervals).map(([k, v]) => [`diff_intervals.${k}`, v])),
    }
    return Object.entries(expected).map(([name, want]) => {
      const get = methods[name]
      const method = `ab.${counts ? 'proportion' : 'mean'}.${name}`
      const id = `${set}.${metric}`
      return get === undefined
        ? unmapped(id, method, want)
        : mapped(id, method, withoutNulls(want), get)
    })
  })
}

function powerCases(section: Results): ConformanceCase[] {
  return Object.entries(section)
    .filter(([name]) => name !== 'rule')
    .map(([name, want]) => {
      const answer = powerSections[name]
      return answer === undefined
        ? unmapped('power', `ab.power.${name}`, want)
        : mapped('power', `ab.power.${name}`, want, () => answer(want))
    })
}

function readArms(path: string): { control: Float64Array; treatment: Float64Array } {
  const table = readCsv(path)
  const [arms, values] = [table.get('arm')!, numbers(table.get('value')!)]
  const of = (arm: string) => values.filter((_, i) => arms[i] === arm)
  return { control: of('control'), treatment: of('treatment') }
}

function mapped(
  id: string,
  method: string,
  expected: unknown,
  actual: () => unknown,
): ConformanceCase {
  return {
    file: 'real-data',
    id: `${id}.${method}`,
    method,
    expected,
    tolerance: EXCEPTIONS[method] ?? TOLERANCE,
    actual,
  }
}

function unmapped(id: string, method: string, expected: unknown): ConformanceCase {
  return { file: 'real-data', id: `${id}.${method}`, method, expected, tolerance: TOLERANCE }
}

/** Null in the reference results means "not computed there": nothing to agree with. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== null)
      .map(([k, v]) => [k, withoutNulls(v)]),
  )
}
