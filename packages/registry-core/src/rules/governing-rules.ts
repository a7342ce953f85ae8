import { invalid } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import * as z from 'zod'
import type { StageApprovals } from '../model/approval.ts'
import { approvalRuleSchema } from '../model/approval.ts'
import type { EnvironmentRule } from '../model/deployment.ts'
import { environmentRuleSchema } from '../model/deployment.ts'
import type { ProtectedAlias } from '../model/protected-alias.ts'
import { protectedAliasSchema } from '../model/protected-alias.ts'
import { recordOf } from '../model/record-of.ts'
import type { SigningRules } from '../model/signature.ts'
import type { StageRules } from '../model/stage.ts'

const rulesSchema = z.object({
  approvals: recordOf(z.string(), approvalRuleSchema),
  protectedAliases: z.array(protectedAliasSchema),
  environments: z.array(environmentRuleSchema).min(1).optional(),
  signing: z
    .object({
      keys: z.custom<SigningRules['keys']>(
        (keys) => typeof (keys as { find?: unknown } | null)?.find === 'function',
        'needs a function find; trustedKeys makes one',
      ),
      requiredFor: z.array(z.string()).min(1),
      signatures: z.number().int().min(1).exactOptional(),
    })
    .optional(),
})

/** A rule that names a stage that is none would never hold. @throws `invalid` `registry.invalid-rules` */
export function assertGoverningRules(
  rules: {
    readonly approvals: StageApprovals
    readonly protectedAliases: readonly ProtectedAlias[]
    readonly environments: readonly EnvironmentRule[] | undefined
    readonly signing: SigningRules | undefined
  },
  { names, initial }: StageRules,
): void {
  const parsed = parseWith(rulesSchema, rules, {
    code: 'registry.invalid-rules',
    what: 'the rules of the registry',
  })
  const environments = (parsed.environments ?? []).map(({ name }) => name)
  const named = [
    ...Object.keys(parsed.approvals),
    ...(parsed.signing?.requiredFor ?? []),
    ...(parsed.environments ?? []).flatMap(({ stages = [] }) => stages),
  ]
  const unknown = named.filter((stage) => !names.includes(stage))
  const twice = environments.filter((name, at) => environments.indexOf(name) !== at)
  if (unknown.length === 0 && twice.length === 0) return
  throw invalid(
    'registry.invalid-rules',
    unknown.length > 0
      ? `the rules name the stages ${unknown.join(', ')}; there are ${names.join(', ')} (new versions begin in ${initial})`
      : `the environment ${twice[0]} is named twice`,
    { unknown, twice },
  )
}
