import type { Actor } from '@mlops/core'
import type { ApprovalRule } from '../model/approval.ts'
import type { ProtectedAlias } from '../model/protected-alias.ts'
import type { Missing } from '../model/stage.ts'
import { denied } from './approvals.ts'
import { matchesPattern } from './patterns.ts'

/** The rules that hold for an alias of a model. */
export function protectionsOf(
  rules: readonly ProtectedAlias[],
  { model, alias }: { readonly model: string; readonly alias: string },
): ProtectedAlias[] {
  return rules.filter(
    (rule) => matchesPattern(rule.alias, alias) && matchesPattern(rule.models ?? '*', model),
  )
}

/** The first rule that demands an approval; undefined when none does. */
export function aliasApproval(
  rules: readonly ProtectedAlias[],
  target: { readonly model: string; readonly alias: string },
): ApprovalRule | undefined {
  return protectionsOf(rules, target).find(({ approval }) => approval !== undefined)?.approval
}

/**
 * Whether an actor may change an alias, now and directly or by an approved request.
 *
 * @throws `denied` `registry.alias-protected` with what is missing.
 */
export function assertMayMove(
  rules: readonly ProtectedAlias[],
  change: {
    readonly model: string
    readonly alias: string
    readonly by: Actor
    readonly approved: boolean
  },
): void {
  const { model, alias, by, approved } = change
  const missing: Missing[] = []
  for (const { roles, approval } of protectionsOf(rules, { model, alias })) {
    if (roles && !by.roles?.some((role) => roles.includes(role))) {
      missing.push({ code: 'role', message: `one of the roles ${roles.join(', ')}` })
    }
    if (approval && !approved) {
      missing.push({
        code: 'approval-required',
        message: `an approved request to change the alias ${alias}`,
      })
    }
  }
  if (missing.length === 0) return
  throw denied(
    'registry.alias-protected',
    `alias ${alias} of ${model} is protected; missing: ${missing.map(({ message }) => message).join('; ')}`,
    { model, alias, missing },
  )
}
