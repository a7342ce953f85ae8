import type { Digest, Verdict, Warning } from '@mlops/core'
import { invalid, withDisplay } from '@mlops/core'
import type { Answer, Answers } from './condition.ts'
import { holds } from './condition.ts'
import type { Policy } from './policy.ts'
import { policyDigest } from './policy.ts'

/** What one answer contributed to the tier. */
export interface Contribution {
  readonly question: string
  readonly dimension: string
  /** `null` when the question was not answered; it then counts as its worst choice. */
  readonly answer: Answer | null
  readonly tier: string
}

/** The tier of a use case, and why. */
export interface RiskClassification {
  readonly kind: 'risk-classification'
  readonly verdict: Verdict
  readonly tier: string
  /** The highest tier within each dimension. */
  readonly dimensions: Readonly<Record<string, string>>
  readonly contributions: readonly Contribution[]
  /** The rules that lifted the tier, or that could not be excluded for want of an answer. */
  readonly overrides: readonly {
    readonly id: string
    readonly atLeast: string
    readonly because: string
    readonly certain: boolean
  }[]
  readonly policy: { readonly id: string; readonly version: string; readonly digest: Digest }
  readonly warnings: readonly Warning[]
}

/**
 * The risk tier of a use case: the highest over all answers and override rules, never a sum in
 * which a mild answer could hide a severe one. What is not answered counts as its worst choice,
 * and then the verdict is `inconclusive`.
 *
 * @throws `invalid` `governance.unknown-answer` for a question or choice that the policy does not
 *   have.
 * @example
 * ```ts
 * import { classify } from '@mlops/governance'
 * import { standardPolicy } from '@mlops/governance/presets'
 *
 * const result = classify(standardPolicy(), {
 *   regulations: ['personal-data'],
 *   audience: 'public',
 *   impact: ['reputation'],
 * })
 * console.log(result.tier, result.verdict, result.warnings.length) // high inconclusive 5
 * ```
 */
export function classify(policy: Policy, answers: Answers): RiskClassification {
  refuseUnknown(policy, answers)
  const rank = new Map(policy.tiers.map((tier, at) => [tier.id, at]))
  const worse = (a: string, b: string) => (rank.get(b)! > rank.get(a)! ? b : a)

  const warnings: Warning[] = []
  const dimensions: Record<string, string> = {}
  const contributions = policy.questions.map(({ id, dimension, choices, text }): Contribution => {
    const answer = Object.hasOwn(answers, id) ? (answers[id] as Answer) : null
    const chosen =
      answer === null ? choices : choices.filter((choice) => asList(answer).includes(choice.id))
    const tier = chosen.map((choice) => choice.tier).reduce(worse)
    if (answer === null) {
      warnings.push({
        code: 'governance.unanswered',
        message: `'${id}' is not answered and counts as its worst choice (${tier}): ${text}`,
      })
    }
    dimensions[dimension] = Object.hasOwn(dimensions, dimension)
      ? worse(dimensions[dimension]!, tier)
      : tier
    return { question: id, dimension, answer, tier }
  })

  const overrides = policy.overrides.flatMap(({ id, when, atLeast, because }) => {
    const result = holds(when, answers)
    return result === false ? [] : [{ id, atLeast, because, certain: result === true }]
  })
  const tier = [...Object.values(dimensions), ...overrides.map((rule) => rule.atLeast)].reduce(
    worse,
  )

  return withDisplay(
    {
      kind: 'risk-classification',
      verdict: warnings.length === 0 ? 'pass' : 'inconclusive',
      tier,
      dimensions,
      contributions,
      overrides,
      policy: { id: policy.id, version: policy.version, digest: policyDigest(policy) },
      warnings,
    },
    (result) => ({
      title: `Risk tier: ${result.tier}`,
      verdict: result.verdict,
      lines: [
        ...result.overrides.map((rule) => `${rule.atLeast} at least: ${rule.because}`),
        ...result.warnings.map((w) => w.message),
      ],
      table: {
        columns: ['question', 'dimension', 'answer', 'tier'],
        rows: result.contributions.map((c) => [
          c.question,
          c.dimension,
          c.answer === null ? null : asList(c.answer).join(', '),
          c.tier,
        ]),
      },
    }),
  )
}

function refuseUnknown(policy: Policy, answers: Answers): void {
  if (typeof answers !== 'object' || answers === null || Array.isArray(answers)) {
    throw invalid(
      'governance.unknown-answer',
      'answers must be a record of question id to answer',
      {},
    )
  }
  for (const [id, answer] of Object.entries(answers)) {
    const question = policy.questions.find((known) => known.id === id)
    const known = policy.questions.map((one) => one.id)
    if (!question) {
      throw invalid(
        'governance.unknown-answer',
        `policy '${policy.id}' has no question '${id}'; it asks ${known.join(', ')}`,
        { question: id, known },
      )
    }
    const given = asList(answer)
    const choices = question.choices.map((choice) => choice.id)
    const stray = given.find((choice) => !choices.includes(choice))
    if (stray !== undefined || given.length === 0 || (given.length > 1 && !question.multiple)) {
      throw invalid(
        'governance.unknown-answer',
        `'${id}' takes ${question.multiple ? 'one or more' : 'one'} of ${choices.join(', ')}, got ${JSON.stringify(answer)}`,
        { question: id, answer, choices },
      )
    }
  }
}

function asList(answer: Answer): readonly string[] {
  return Array.isArray(answer) ? answer : [String(answer)]
}
