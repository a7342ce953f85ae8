import type { ModelVersion } from '../model/model-version.ts'
import type { Missing } from '../model/stage.ts'
import type { RegistryContext } from './context.ts'
import { verifySignatures } from './signatures.ts'

/** What the registry's own rules ask for before a version may enter a stage. */
export async function unmetRequirements(
  { db, rules }: RegistryContext,
  version: ModelVersion,
  { to, approved }: { readonly to: string; readonly approved: boolean },
): Promise<Missing[]> {
  const missing: Missing[] = []
  if (!approved && Object.hasOwn(rules.approvals, to)) {
    missing.push({
      code: 'approval-required',
      message: `an approved request to move version ${version.version} of ${version.model} to ${to}`,
    })
  }
  const { signing } = rules
  if (signing?.requiredFor.includes(to)) {
    const findings = await verifySignatures(db.query, version, signing.keys)
    const wanted = signing.signatures ?? 1
    const valid = findings.filter(({ status }) => status === 'valid').length
    if (valid < wanted) {
      const rest = findings
        .filter(({ status }) => status !== 'valid')
        .map(({ keyId, status }) => `${keyId}: ${status}`)
      missing.push({
        code: 'signature-required',
        message: `${wanted - valid} more valid signature${wanted - valid === 1 ? '' : 's'} over the version as it is${rest.length > 0 ? ` (${rest.join(', ')})` : ''}`,
      })
    }
  }
  return missing
}
