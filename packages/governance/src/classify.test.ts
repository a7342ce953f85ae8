import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classify } from './classify.ts'
import type { Answers, Condition } from './condition.ts'
import { holds } from './condition.ts'
import type { PolicyInput } from './policy.ts'
import { definePolicy } from './policy.ts'
import { standardPolicy } from './presets/index.ts'

const policy = standardPolicy()
const calm: Answers = {
  regulations: ['none'],
  audience: 'team',
  availability: 'ad-hoc',
  impact: ['inconvenience'],
  cadence: 'rarely',
  lifetime: 'months',
  decay: 'slow',
  explainability: 'none',
}

test('the tier is the worst answer, with what each answer contributed', () => {
  expect(classify(policy, calm)).toMatchObject({ tier: 'low', verdict: 'pass', overrides: [] })
  const one = classify(policy, { ...calm, impact: ['inconvenience', 'personal'] })
  expect(one.tier).toBe('high')
  expect(one.dimensions).toEqual({ impact: 'high', audience: 'low', lifetime: 'low' })
  expect(one.contributions.find((c) => c.question === 'impact')?.tier).toBe('high')
})

test('unanswered counts as worst and is inconclusive', () => {
  const { lifetime: _, ...partial } = calm
  const result = classify(policy, partial)
  expect(result).toMatchObject({ tier: 'medium', verdict: 'inconclusive' })
  expect(result.warnings.map((w) => w.code)).toEqual(['governance.unanswered'])
  expect(classify(policy, {}).tier).toBe('prohibited')
})

test('an internal project with a long-lasting effect is high risk whatever its audience', () => {
  const result = classify(policy, {
    ...calm,
    audience: 'internal',
    lifetime: 'years',
    impact: ['reputation'],
  })
  expect(result.tier).toBe('high')
  expect(result.overrides).toEqual([
    expect.objectContaining({ id: 'internal-but-lasting', certain: true }),
  ])
})

test('a better answer never raises the tier (monotone)', () => {
  const rank = policy.tiers.map((tier) => tier.id)
  const answer = fc.record(
    Object.fromEntries(
      policy.questions.map((q) => [
        q.id,
        fc.constantFrom(...q.choices.map((c) => (q.multiple ? [c.id] : c.id))),
      ]),
    ),
  )
  fc.assert(
    fc.property(answer, fc.constantFrom(...policy.questions), (answers, question) => {
      const before = rank.indexOf(classify(policy, answers).tier)
      const best = [...question.choices].sort(
        (a, b) => rank.indexOf(a.tier) - rank.indexOf(b.tier),
      )[0]!
      const better = classify(policy, {
        ...answers,
        [question.id]: question.multiple ? [best.id] : best.id,
      })
      // An internal audience is the best answer, yet it can trigger the override rule.
      if (better.overrides.length === 0)
        expect(rank.indexOf(better.tier)).toBeLessThanOrEqual(before)
    }),
  )
})

test('answers that the policy does not know are refused', () => {
  const bad: Answers[] = [
    { nonsense: 'x' },
    { audience: 'everyone' },
    { impact: [] },
    { audience: ['team', 'public'] },
  ]
  for (const answers of bad) {
    expect(() => classify(policy, answers)).toThrowError(
      expect.objectContaining({ code: 'governance.unknown-answer' }),
    )
  }
})

test('conditions follow three-valued logic', () => {
  const yes: Condition = { question: 'a', eq: 'x' }
  const no: Condition = { question: 'a', eq: 'y' }
  const open: Condition = { question: 'b', eq: 'x' }
  const cases: [Condition, boolean | null][] = [
    [{ all: [yes, open] }, null],
    [{ all: [no, open] }, false],
    [{ any: [yes, open] }, true],
    [{ any: [no, open] }, null],
    [{ not: open }, null],
    [{ not: no }, true],
    [{ question: 'b', answered: false }, true],
    [{ question: 'n', gte: 3 }, true],
    [{ question: 'n', gte: 4 }, false],
    [{ question: 'list', includes: 'p' }, true],
    [{ question: 'toString', eq: 'x' }, null],
  ]
  const answers = { a: 'x', n: 3, list: ['p', 'q'] }
  for (const [condition, expected] of cases)
    expect(holds(condition, answers), JSON.stringify(condition)).toBe(expected)
})

test('a policy that contradicts itself is refused with every fault', () => {
  const input: PolicyInput = {
    id: 'p',
    version: '1',
    effectiveFrom: '2026-01-01T00:00:00Z',
    roles: [{ id: 'risk', title: 'risk' }],
    tiers: [
      { id: 'low', title: 'low' },
      { id: 'high', title: 'high' },
    ],
    questions: [
      {
        id: 'q',
        dimension: 'd',
        text: 't',
        choices: [
          { id: 'a', title: 'a', tier: 'low' },
          { id: 'b', title: 'b', tier: 'hihg' },
        ],
      },
    ],
    overrides: [{ id: 'o', when: { question: 'nope', eq: 1 }, atLeast: 'high', because: 'b' }],
    measures: [{ id: 'm', title: 'm', step: 's', role: 'ghost', evidence: 'e' }],
    gates: [
      {
        id: 'g',
        title: 'g',
        requirements: {
          low: { measures: ['m', 'gone'], signOffs: [{ role: 'risk', count: 2 }] },
          high: { signOffs: [{ role: 'risk' }] },
        },
      },
      { id: 'g', title: 'g', requirements: {} },
    ],
  }
  try {
    definePolicy(input)
    expect.unreachable()
  } catch (error) {
    const { code, details } = error as { code: string; details: { issues: { message: string }[] } }
    expect(code).toBe('governance.invalid-policy')
    const told = details.issues.map((issue) => issue.message).join('\n')
    for (const part of [
      "no tier 'hihg'",
      "no question 'nope'",
      "no role 'ghost'",
      "no measure 'gone'",
      "'g' is defined twice",
      "measure 'm' is required of the lower tier",
      'sign-off of role',
    ]) {
      expect(told).toContain(part)
    }
  }
  expect(() => definePolicy({ ...input, surprise: 1 } as never)).toThrowError(
    expect.objectContaining({ code: 'governance.invalid-policy' }),
  )
})

test('answers that are no record are refused', () => {
  for (const nothing of [null, undefined, [], 'yes'] as never[]) {
    expect(() => classify(policy, nothing)).toThrowError(
      expect.objectContaining({ code: 'governance.unknown-answer' }),
    )
  }
})
