import { kuiper } from '@mlops/stats'
import { describe, expect, test } from 'vitest'
import golden from './__golden__/peers.json'
import { compare } from './compare.ts'
import { learnThresholds } from './learn-thresholds.ts'
import { evidentlyRule } from './presets.ts'
import type { ColumnRule } from './rule.ts'

type Kind = 'numeric' | 'categorical'
type Cell = number | string
interface Case {
  readonly tool: 'evidently' | 'nannyml'
  readonly kind: Kind
  readonly sample: string
  readonly method?: NonNullable<ColumnRule['method']>
  readonly value?: number | string | null
  readonly chosen?: string
}

const { rel, abs } = golden.tolerance
const samples = (kind: Kind, name: string) =>
  (golden[kind] as Record<string, { reference: Cell[]; current: Cell[] }>)[name]!
const tableOf = (x: Cell[]) => ({ x: x as string[] })
const close = (actual: number | null | undefined, wanted: number | string | null, lost = 0) => {
  const want = wanted === null ? Number.NaN : Number(wanted)
  expect(Math.abs(Number(actual) - want), `${actual} against ${wanted}`).toBeLessThanOrEqual(
    abs + lost + rel * Math.abs(want),
  )
}

const values = (golden.cases as Case[]).filter(({ method }) => method !== undefined)
/** The tool takes 1 − cdf and so loses the far tail: only so many places are its own. */
const TAIL_LOST: Partial<Record<NonNullable<Case['method']>, number>> = { 'cramer-von-mises': 2e-8 }

describe.each(['evidently', 'nannyml'] as const)('%s', (tool) => {
  test.each(
    values
      .filter((one) => one.tool === tool)
      .map((one) => [`${one.kind} ${one.sample} ${one.method}`, one] as const),
  )('%s', (_, { kind, sample, method, value }) => {
    const { reference, current } = samples(kind, sample)
    const report = compare(tableOf(reference), tableOf(current), {
      columns: { x: { method: method!, convention: tool } },
      adjustment: 'none',
    })
    const { value: ours } = report.columns[0]!.decision!
    // On two values the test's covariance matrix is singular: undefined here, a pseudo-inverse there.
    if (method === 'epps-singleton' && sample === 'two') expect(ours).toBeNull()
    else close(ours, value!, TAIL_LOST[method!])
  })
})

test('the method that Evidently chooses by itself is chosen', () => {
  const chosen = (golden.cases as Case[]).filter((one) => one.chosen !== undefined)
  expect(chosen).toHaveLength(10)
  for (const { kind, sample, chosen: wanted } of chosen) {
    const { reference, current } = samples(kind, sample)
    const { name, rule } = evidentlyRule({
      type: kind,
      referenceCount: reference.length,
      distinct: new Set([...reference, ...current]).size,
    })
    expect(name, sample).toBe(wanted)
    const report = compare(tableOf(reference), tableOf(current), { preset: 'evidently' })
    expect(report.columns[0]!.decision!.method, sample).toBe(rule.method)
  }
})

test.each(golden.thresholds.map((one) => [`${one.kind} ${one.sample}`, one] as const))(
  'limits are learned as NannyML learns them: %s',
  (_, { kind, sample, values: wanted, upper }) => {
    const { reference } = samples(kind as Kind, sample)
    const [limit] = learnThresholds(tableOf(reference), { preset: 'nannyml' })
    expect(limit!.values).toHaveLength(10)
    limit!.values.forEach((value, at) => {
      close(value, wanted[at] as number)
    })
    if (upper === null) expect(limit!.upper).toBeGreaterThan(1)
    else close(limit!.upper, upper as number)
    expect(limit!.lower).toBeNull()
  },
)

test.each(golden.kuiper.map((one) => [one.sample, one] as const))(
  "Kuiper's statistic is astropy's, and the p-value close to it: %s",
  (_, one) => {
    const { reference, current } = samples('numeric', one.sample)
    const { statistic, pValue } = kuiper(reference as number[], current as number[])
    close(statistic, one.statistic)
    // Two asymptotic forms: Stephens' factor here, Kuiper's second-order term there.
    const p = Number(one.p)
    expect(Math.abs(Math.log10(Math.max(pValue!, 1e-30) / Math.max(p, 1e-30)))).toBeLessThan(
      p < 1e-6 ? 1.5 : 0.15,
    )
  },
)
