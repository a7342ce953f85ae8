import {
  compareArms,
  compareBayesian,
  compareCuped,
  compareManyArms,
  comparePairs,
  equivalence,
  nonInferiority,
  readFamily,
} from '@mlops/abtest'
import { checkExperiment } from '@mlops/abtest/guards'
import { peekPlan, registerSequentialPlan } from '@mlops/abtest/sequential'
import { createEvidence, manualClock } from '@mlops/core'
import { expect, test } from 'vitest'
import { toHtml, toMarkdown } from '../render.ts'

const control = { successes: 500, n: 10_000 }
const treatment = { successes: 590, n: 10_000 }
const figures = (html: string) => html.split('<svg').length - 1

test('a comparison: its effect on every scale, each against its own line', () => {
  const readout = compareArms(control, treatment, { metric: { name: 'sales', better: 'higher' } })
  const markdown = toMarkdown(readout)
  for (const text of [
    'sales, higher is better',
    'difference',
    'Odds of treatment',
    'Treatment over control',
  ])
    expect(markdown).toContain(text)
  // Difference, ratio, odds ratio, relative difference.
  expect(figures(toHtml(readout))).toBe(4)
})

test('pairs, margins and what an adjustment took away', () => {
  const [a, b] = [
    [3.1, 4.0, 2.8, 5.2, 3.9, 4.4],
    [2.8, 3.9, 2.5, 4.6, 3.8, 4.1],
  ]
  expect(toMarkdown(comparePairs(a, b, { test: 'wilcoxon' }))).toContain('paired')
  const equal = toMarkdown(equivalence(comparePairs(a, b), { margin: 0.5 }))
  expect(equal).toContain('equivalence, margin 0.5')
  expect(equal).toContain('90 % interval')
  const cuped = compareCuped(
    { outcome: a, covariate: [3, 4, 3, 5, 4, 4.2] },
    { outcome: b, covariate: [3, 4.1, 2.6, 5, 3.8, 4] },
  )
  expect(toMarkdown(cuped)).toContain('Variance taken away')
  expect(toHtml(cuped)).toContain('unadjusted difference')
})

test('a family: a row for each member, intervals at the family’s level', () => {
  const family = compareManyArms(control, { green: treatment, red: control })
  const markdown = toMarkdown(family)
  expect(markdown).toContain('green')
  expect(markdown).toContain('97.5 %')
  expect(markdown).toContain('holm')
  expect(markdown).not.toContain('All arms at once')
  const all = compareManyArms(
    control,
    { green: treatment, red: control },
    { omnibus: 'chi-square' },
  )
  expect(toMarkdown(all)).toContain('All arms at once')
  expect(toMarkdown(all)).toContain('chi-square-contingency')
  const guarded = readFamily([
    { readout: compareArms(control, treatment) },
    {
      readout: nonInferiority(
        compareArms(
          { n: 500, mean: 50, variance: 9 },
          { n: 500, mean: 50.1, variance: 9 },
          { metric: { name: '<latency>', better: 'lower' } },
        ),
        { margin: 1 },
      ),
      role: 'guardrail',
    },
  ])
  const html = toHtml(guarded)
  expect(html).toContain('guardrail')
  expect(html).not.toContain('<latency>')
  // One for each metric, and one of all relative effects.
  expect(figures(html)).toBe(3)
})

test('long names of arms are cut in drawings, not in tables', () => {
  const name = 'an arm whose name nobody would want to say twice in one meeting'
  const html = toHtml(compareManyArms(control, { [name]: treatment }))
  expect(html).toContain(`<td>${name}</td>`)
  const labels = [...html.matchAll(/text-anchor="end">([^<]*)</g)].map(([, label]) => label!)
  expect(labels.length).toBeGreaterThan(0)
  for (const label of labels) expect(label.length).toBeLessThanOrEqual(40)
  expect(labels[0]).toMatch(/^an arm whose name .*…$/)
})

test('a posterior: probability, loss, region and credible intervals', () => {
  const markdown = toMarkdown(
    compareBayesian(control, treatment, { rope: { lower: -0.001, upper: 0.001 } }),
  )
  for (const text of ['P(treatment is better)', 'Expected loss', 'Beta(1, 1)', '-0.001 to 0.001'])
    expect(markdown).toContain(text)
})

test('nothing to show is shown as nothing', () => {
  const none = compareArms([1], [2])
  expect(figures(toHtml(none))).toBe(0)
  expect(toMarkdown(none)).toContain('inconclusive')
  expect(figures(toHtml(compareBayesian([1], [2])))).toBe(0)
  expect(figures(toHtml(compareManyArms([1], { b: [2] })))).toBe(0)
})

test('a readout of before these parts existed still renders', () => {
  const { otherEffects: _, hypothesis: __, analysis: ___, ...old } = compareArms(control, treatment)
  const { value, interval, method } = old.effect!
  const html = toHtml({ ...old, effect: { value, interval, method } } as never)
  expect(figures(html)).toBe(2)
})

test('a look at a running experiment: decision, interval over all looks, the looks so far', () => {
  const clock = manualClock('2026-03-02T09:00:00Z')
  const plan = registerSequentialPlan(
    {
      name: '<ranker>',
      hypothesis: 'sells more',
      metric: { name: 'sales', better: 'higher' },
      unit: 'user',
      method: { kind: 'asymptotic-sequence', tightestAt: 5000 },
    },
    { clock },
  )
  const small = { control: { successes: 50, n: 1000 }, treatment: { successes: 59, n: 1000 } }
  const first = peekPlan(plan, small, { clock })
  clock.advance(86_400_000)
  const second = peekPlan(plan, { control, treatment }, { clock, history: first.history })
  const markdown = toMarkdown(second)
  for (const text of ['look 2', '2026-03-02 09:00 UTC', '2026-03-03 09:00 UTC', '10000', 'Split'])
    expect(markdown).toContain(text)
  expect(markdown).toContain(second.decision)
  const html = toHtml(JSON.parse(JSON.stringify(second)))
  expect(figures(html)).toBe(1)
  expect(html).not.toContain('<ranker>')
})

test('checks of an experiment: what was found, and what was not made', () => {
  const check = checkExperiment({ assigned: [5000, 5030], observed: [4600, 4380] })
  const markdown = toMarkdown(check)
  for (const text of ['Lost outcomes', 'outcomes are lost unevenly', 'not made, needs exposures'])
    expect(markdown).toContain(text)
  const html = toHtml(
    createEvidence(
      {
        kind: 'experiment-check',
        subject: { type: 'experiment', name: 'ranker' },
        verdict: check.verdict,
        result: check,
        producedBy: { type: 'service', id: 'nightly' },
      },
      { clock: manualClock('2026-03-02T09:00:00Z') },
    ),
  )
  expect(html).toContain('Checks of the experiment')
  expect(html).toContain('Lost outcomes')
  expect(toMarkdown(checkExperiment({}))).toContain('inconclusive')
})
