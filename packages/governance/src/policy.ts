import type { Digest } from '@mlops/core'
import { digestOf, invalid } from '@mlops/core'
import { instantSchema, parseWith, verdictSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { conditionSchema, questionsOf } from './condition.ts'

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be kebab-case, at most 64 characters')
const text = z.string().min(1).max(1000)

const questionSchema = z.strictObject({
  id,
  /** The risk dimension that the question speaks to. */
  dimension: id,
  text,
  /** Whether several choices may hold at once; the one of the highest tier counts. */
  multiple: z.boolean().default(false),
  choices: z.array(z.strictObject({ id, title: text, tier: id })).min(2),
})

const measureSchema = z.strictObject({
  id,
  title: text,
  /** The process step that the measure belongs to. */
  step: text,
  /** The one role that is ultimately responsible for it. */
  role: id,
  /** The kind of evidence that shows it was done. */
  evidence: z.string().min(1).max(128),
  /** Verdicts that satisfy it. `inconclusive` never does unless it is listed. */
  accept: z.array(verdictSchema).min(1).default(['pass']),
  /** Older evidence no longer counts. */
  maxAgeDays: z.number().positive().exactOptional(),
})

const requirementSchema = z.strictObject({
  measures: z.array(id).default([]),
  signOffs: z
    .array(z.strictObject({ role: id, count: z.number().int().min(1).default(1) }))
    .default([]),
})

const gateSchema = z.strictObject({
  id,
  title: text,
  /** How long an approval stands. */
  validDays: z.number().positive().exactOptional(),
  /** The role that may waive a measure here; without it nothing can be waived. */
  waiverRole: id.exactOptional(),
  /** What each tier must show. A tier without an entry can never pass. */
  requirements: z.record(id, requirementSchema),
})

/** The shape of a {@link Policy}. */
export const policySchema = z.strictObject({
  id,
  version: z.string().min(1).max(64),
  effectiveFrom: instantSchema,
  roles: z.array(z.strictObject({ id, title: text })).min(1),
  /** From the least to the most severe. */
  tiers: z
    .array(
      z.strictObject({ id, title: text, reviewEveryDays: z.number().positive().exactOptional() }),
    )
    .min(1),
  questions: z.array(questionSchema).min(1),
  /** Rules that lift the tier whatever the single answers say. */
  overrides: z
    .array(z.strictObject({ id, when: conditionSchema, atLeast: id, because: text }))
    .default([]),
  measures: z.array(measureSchema).default([]),
  gates: z.array(gateSchema).min(1),
})

/** Classification, measures and gates as data. */
export type Policy = z.output<typeof policySchema>
export type PolicyInput = z.input<typeof policySchema>
export type Measure = Policy['measures'][number]
export type Gate = Policy['gates'][number]

/**
 * Reads a policy and checks that its parts fit together: every role, tier, measure and question
 * that is named exists, nothing is defined twice, and a higher tier never has to show less at a gate
 * than a lower one. Parse a policy once and keep the result.
 *
 * @throws `invalid` `governance.invalid-policy`; `details.issues` lists every fault at once.
 */
export function definePolicy(input: PolicyInput): Policy {
  const policy = parseWith(policySchema, input, {
    code: 'governance.invalid-policy',
    what: 'the policy',
  })
  const issues = faultsOf(policy)
  if (issues.length > 0) {
    const told = issues.map(({ path, message }) => `${path}: ${message}`).join('; ')
    throw invalid('governance.invalid-policy', `the policy contradicts itself: ${told}`, { issues })
  }
  return policy
}

/** The content address of a policy: what a classification or a decision was made under. */
export function policyDigest(policy: Policy): Digest {
  return digestOf(policy)
}

interface Fault {
  readonly path: string
  readonly message: string
}

function faultsOf(policy: Policy): Fault[] {
  const roles = new Set(policy.roles.map((role) => role.id))
  const tiers = new Set(policy.tiers.map((tier) => tier.id))
  const questions = new Set(policy.questions.map((question) => question.id))
  const measures = new Set(policy.measures.map((measure) => measure.id))
  const faults: Fault[] = []
  const need = (known: ReadonlySet<string>, name: string, path: string, what: string) => {
    if (!known.has(name)) faults.push({ path, message: `there is no ${what} '${name}'` })
  }
  for (const [list, items] of Object.entries({
    roles: policy.roles,
    tiers: policy.tiers,
    questions: policy.questions,
    overrides: policy.overrides,
    measures: policy.measures,
    gates: policy.gates,
  })) {
    const seen = new Set<string>()
    for (const item of items) {
      if (seen.has(item.id)) faults.push({ path: list, message: `'${item.id}' is defined twice` })
      seen.add(item.id)
    }
  }
  for (const question of policy.questions) {
    for (const choice of question.choices)
      need(tiers, choice.tier, `questions.${question.id}.${choice.id}`, 'tier')
  }
  for (const rule of policy.overrides) {
    need(tiers, rule.atLeast, `overrides.${rule.id}`, 'tier')
    for (const name of questionsOf(rule.when))
      need(questions, name, `overrides.${rule.id}`, 'question')
  }
  for (const measure of policy.measures) need(roles, measure.role, `measures.${measure.id}`, 'role')
  for (const gate of policy.gates) {
    const path = `gates.${gate.id}`
    if (gate.waiverRole !== undefined) need(roles, gate.waiverRole, path, 'role')
    for (const [tier, requirement] of Object.entries(gate.requirements)) {
      need(tiers, tier, path, 'tier')
      for (const name of requirement.measures) need(measures, name, `${path}.${tier}`, 'measure')
      for (const { role } of requirement.signOffs) need(roles, role, `${path}.${tier}`, 'role')
    }
    faults.push(...weakerAbove(policy, gate))
  }
  return faults
}

/** A requirement that a lower tier has and a higher one lacks. */
function weakerAbove(policy: Policy, gate: Gate): Fault[] {
  const faults: Fault[] = []
  const present = policy.tiers.filter((tier) => Object.hasOwn(gate.requirements, tier.id))
  for (let at = 1; at < present.length; at++) {
    const lower = gate.requirements[present[at - 1]!.id]!
    const higher = gate.requirements[present[at]!.id]!
    const path = `gates.${gate.id}.${present[at]!.id}`
    for (const name of lower.measures) {
      if (!higher.measures.includes(name)) {
        faults.push({
          path,
          message: `measure '${name}' is required of the lower tier '${present[at - 1]!.id}' but not here`,
        })
      }
    }
    for (const { role, count } of lower.signOffs) {
      const here = higher.signOffs.find((signOff) => signOff.role === role)?.count ?? 0
      if (here < count) {
        faults.push({
          path,
          message: `${count} sign-off of role '${role}' is required of the lower tier '${present[at - 1]!.id}' but ${here} here`,
        })
      }
    }
  }
  return faults
}
