import type { Gate, Policy } from './policy.ts'
import type { GateInput } from './release.ts'
import type { SignOffRefusal } from './sign-off.ts'
import { judgeSignOff } from './sign-off.ts'

/** The sign-offs that a role owes and has given. */
export interface SignOffFinding {
  readonly role: string
  readonly required: number
  readonly given: readonly {
    readonly by: string
    readonly onBehalfOf?: string
    readonly at: string
  }[]
  readonly rejectedBy: readonly string[]
  readonly refused: readonly { readonly by: string; readonly reason: SignOffRefusal }[]
}

/** What was signed for each required role, and what of it counts. */
export function judgeSignOffs(
  required: readonly { role: string; count: number }[],
  gate: Gate,
  input: GateInput,
): SignOffFinding[] {
  const { release, signOffs, delegations = [] } = input
  const signers = new Set<string>()
  const own = signOffs
    .filter((one) => one.gate === gate.id)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return required.map(({ role, count }) => {
    const given: { by: string; onBehalfOf?: string; at: string }[] = []
    const rejectedBy: string[] = []
    const refused: { by: string; reason: SignOffRefusal }[] = []
    for (const one of own.filter((signOff) => signOff.role === role)) {
      const judged = judgeSignOff(one, {
        digest: release.digest,
        authors: release.authors,
        delegations,
        signers,
      })
      if (!judged.counts) {
        refused.push({ by: one.by.id, reason: judged.reason })
        continue
      }
      signers.add(one.by.id)
      if (judged.onBehalfOf !== undefined) signers.add(judged.onBehalfOf)
      if (one.decision === 'reject') rejectedBy.push(one.by.id)
      else
        given.push({
          by: one.by.id,
          at: one.at,
          ...(judged.onBehalfOf !== undefined && { onBehalfOf: judged.onBehalfOf }),
        })
    }
    return { role, required: count, given, rejectedBy, refused }
  })
}

/** What a role still owes, in words. */
export function unmetSignOff(
  { role, required, given, rejectedBy, refused }: SignOffFinding,
  policy: Policy,
): string[] {
  const title = policy.roles.find((one) => one.id === role)?.title ?? role
  if (rejectedBy.length > 0) return [`rejected by ${rejectedBy.join(', ')} as ${title}`]
  if (given.length >= required) return []
  const why = refused.map(({ by, reason }) => ` (${by}'s does not count: ${reason})`).join('')
  return [`${required - given.length} more sign-off by ${title}${why}`]
}
