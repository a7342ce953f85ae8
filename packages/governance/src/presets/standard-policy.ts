import type { Policy } from '../policy.ts'
import { definePolicy } from '../policy.ts'

/**
 * A policy to start from: eight classification questions over three risk dimensions (audience,
 * lifetime, impact), three tiers that can go to production and one that cannot, and gates before
 * pre-production and production whose demands grow with the tier.
 *
 * Copy it and change what does not fit: `definePolicy({ ...standardPolicy(), id: 'ours', … })`.
 *
 * Source: the considerations and process steps of "What Is MLOps?" (O'Reilly, 2021), paraphrased;
 * tiers, terms and counts are ours.
 */
export function standardPolicy(): Policy {
  return definePolicy({
    id: 'standard',
    version: '1.0.0',
    effectiveFrom: '2026-01-01T00:00:00Z',
    roles: [
      { id: 'business-owner', title: 'business owner' },
      { id: 'data-scientist', title: 'data scientist' },
      { id: 'data-engineer', title: 'data engineer' },
      { id: 'ml-engineer', title: 'ML engineer' },
      { id: 'risk-officer', title: 'risk officer' },
    ],
    tiers: [
      { id: 'low', title: 'Low: a mistake is an inconvenience', reviewEveryDays: 365 },
      { id: 'medium', title: 'Medium: a mistake costs money or trust', reviewEveryDays: 180 },
      { id: 'high', title: 'High: a mistake harms people or breaks the law', reviewEveryDays: 90 },
      { id: 'prohibited', title: 'Prohibited: may not be deployed' },
    ],
    questions: [
      {
        id: 'regulations',
        dimension: 'impact',
        text: 'Which regulations apply to the data or the decision?',
        multiple: true,
        choices: [
          { id: 'none', title: 'None beyond the general law', tier: 'low' },
          { id: 'personal-data', title: 'Personal data are processed', tier: 'medium' },
          {
            id: 'sector',
            title: 'The sector is regulated (health, credit, employment, …)',
            tier: 'high',
          },
          {
            id: 'prohibited-practice',
            title: 'The practice itself is prohibited',
            tier: 'prohibited',
          },
        ],
      },
      {
        id: 'audience',
        dimension: 'audience',
        text: 'Who uses or feels the results?',
        choices: [
          { id: 'team', title: 'The team that builds it', tier: 'low' },
          { id: 'internal', title: 'Others in the organisation', tier: 'low' },
          { id: 'public', title: 'Customers or the public', tier: 'medium' },
        ],
      },
      {
        id: 'availability',
        dimension: 'audience',
        text: 'When must it be available?',
        choices: [
          { id: 'ad-hoc', title: 'On demand', tier: 'low' },
          { id: 'scheduled', title: 'In scheduled batches', tier: 'low' },
          { id: 'real-time', title: 'Around the clock', tier: 'medium' },
        ],
      },
      {
        id: 'impact',
        dimension: 'impact',
        text: 'What can an error do?',
        multiple: true,
        choices: [
          { id: 'inconvenience', title: 'Cost somebody a little time', tier: 'low' },
          { id: 'reputation', title: 'Cost public trust', tier: 'medium' },
          { id: 'financial', title: 'Cost substantial money', tier: 'high' },
          { id: 'personal', title: 'Harm a person', tier: 'high' },
          { id: 'legal', title: 'Break a law or a contract', tier: 'high' },
        ],
      },
      {
        id: 'cadence',
        dimension: 'lifetime',
        text: 'How often is a new version released?',
        choices: [
          { id: 'rarely', title: 'A few times a year', tier: 'low' },
          { id: 'monthly', title: 'Every month or so', tier: 'low' },
          { id: 'continuous', title: 'Continuously, without a person looking', tier: 'medium' },
        ],
      },
      {
        id: 'lifetime',
        dimension: 'lifetime',
        text: 'How long do the model and its decisions last?',
        choices: [
          { id: 'one-off', title: 'One analysis', tier: 'low' },
          { id: 'months', title: 'Months', tier: 'low' },
          { id: 'years', title: 'Years, or the decision is hard to undo', tier: 'medium' },
        ],
      },
      {
        id: 'decay',
        dimension: 'lifetime',
        text: 'How fast does its quality decay?',
        choices: [
          { id: 'slow', title: 'Over years', tier: 'low' },
          { id: 'seasonal', title: 'With the season', tier: 'low' },
          { id: 'fast', title: 'Within weeks', tier: 'medium' },
        ],
      },
      {
        id: 'explainability',
        dimension: 'impact',
        text: 'Does somebody have a right to an explanation?',
        choices: [
          { id: 'none', title: 'Nobody', tier: 'low' },
          { id: 'users', title: 'Users should understand it', tier: 'medium' },
          { id: 'legal-right', title: 'Those concerned by law', tier: 'high' },
        ],
      },
    ],
    overrides: [
      {
        id: 'internal-but-lasting',
        when: {
          all: [
            {
              any: [
                { question: 'audience', eq: 'team' },
                { question: 'audience', eq: 'internal' },
              ],
            },
            { question: 'lifetime', eq: 'years' },
            {
              any: ['reputation', 'financial', 'personal', 'legal'].map((includes) => ({
                question: 'impact',
                includes,
              })),
            },
          ],
        },
        atLeast: 'high',
        because:
          'an internal project whose effects last is not made harmless by its small audience',
      },
    ],
    measures: [
      {
        id: 'risk-classified',
        title: 'Risk classified',
        step: 'Business scoping',
        role: 'business-owner',
        evidence: 'risk-classification',
        maxAgeDays: 365,
      },
      {
        id: 'traceable',
        title: 'Data, code and runs traceable',
        step: 'Development',
        role: 'data-engineer',
        evidence: 'lineage-manifest',
      },
      {
        id: 'documented',
        title: 'Model card complete',
        step: 'Development',
        role: 'data-scientist',
        evidence: 'model-card',
      },
      {
        id: 'inputs-stable',
        title: 'Inputs as in training',
        step: 'Preproduction',
        role: 'data-scientist',
        evidence: 'drift-report',
        accept: ['pass', 'warn'],
        maxAgeDays: 90,
      },
      {
        id: 'compared',
        title: 'Compared with the live model',
        step: 'Preproduction',
        role: 'data-scientist',
        evidence: 'ab-readout',
        maxAgeDays: 180,
      },
      {
        id: 'fair',
        title: 'Bias examined by subpopulation',
        step: 'Development',
        role: 'risk-officer',
        evidence: 'fairness-report',
      },
    ],
    gates: [
      {
        id: 'preproduction',
        title: 'May it be tested on production data?',
        waiverRole: 'risk-officer',
        requirements: {
          low: { measures: ['risk-classified'] },
          medium: { measures: ['risk-classified', 'documented'] },
          high: {
            measures: ['risk-classified', 'documented', 'traceable'],
            signOffs: [{ role: 'data-scientist' }],
          },
        },
      },
      {
        id: 'production',
        title: 'May it decide in production?',
        validDays: 180,
        waiverRole: 'risk-officer',
        requirements: {
          low: {
            measures: ['risk-classified', 'documented', 'inputs-stable'],
            signOffs: [{ role: 'business-owner' }],
          },
          medium: {
            measures: ['risk-classified', 'documented', 'inputs-stable', 'traceable', 'compared'],
            signOffs: [{ role: 'business-owner' }, { role: 'risk-officer' }],
          },
          high: {
            measures: [
              'risk-classified',
              'documented',
              'inputs-stable',
              'traceable',
              'compared',
              'fair',
            ],
            signOffs: [{ role: 'business-owner' }, { role: 'risk-officer', count: 2 }],
          },
        },
      },
    ],
  })
}
