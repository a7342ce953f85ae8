import type { RiskClassification } from '@mlops/governance'
import type { Section } from '../document.ts'

/** A risk classification: the tier, what lifted it, and what each answer contributed. */
export function classificationSection(result: RiskClassification): Section {
  return {
    title: `Risk tier: ${result.tier}`,
    verdict: result.verdict,
    blocks: [
      {
        type: 'facts',
        items: [
          ...Object.entries(result.dimensions).map(
            ([dimension, tier]) => [`Dimension ${dimension}`, tier] as const,
          ),
          ['Policy', `${result.policy.id} ${result.policy.version}`],
        ],
      },
      ...(result.overrides.length > 0
        ? [
            {
              type: 'list',
              items: result.overrides.map((rule) => `at least ${rule.atLeast}: ${rule.because}`),
            } as const,
          ]
        : []),
      ...(result.warnings.length > 0
        ? [{ type: 'list', items: result.warnings.map((warning) => warning.message) } as const]
        : []),
      {
        type: 'grid',
        columns: ['Question', 'Dimension', 'Answer', 'Tier'],
        rows: result.contributions.map(({ question, dimension, answer, tier }) => [
          question,
          dimension,
          answer === null
            ? 'not answered: counts as worst'
            : Array.isArray(answer)
              ? answer.join(', ')
              : String(answer),
          tier,
        ]),
      },
    ],
  }
}
