import * as z from 'zod'
import type { ApprovalRule } from './approval.ts'
import { approvalRuleSchema } from './approval.ts'
import { namePatternSchema } from './names.ts'

export const protectedAliasSchema = z.strictObject({
  /** The alias, or a pattern: `prod-*`. */
  alias: namePatternSchema,
  /** Models that it holds for. @default '*' */
  models: namePatternSchema.exactOptional(),
  /** Who may move or remove it directly: holders of one of these roles. */
  roles: z.array(z.string().min(1).max(128)).min(1).readonly().exactOptional(),
  /** Moves and removals must be approved. */
  approval: approvalRuleSchema.exactOptional(),
})
/**
 * An alias that not everybody may move, and whose version cannot be removed. With neither roles nor
 * an approval it only protects its version.
 */
export type ProtectedAlias = Readonly<z.infer<typeof protectedAliasSchema>> & {
  readonly approval?: ApprovalRule
}
