/** Tables of approvals, deployments, retention, access, webhooks and signatures. */
export interface LifecycleTables {
  registry_approvals: ApprovalRow
  registry_approval_notes: ApprovalNoteRow
  registry_deployments: DeploymentRow
  registry_deployment_changes: DeploymentChangeRow
  registry_known_good: KnownGoodRow
  registry_holds: HoldRow
  registry_collected: CollectedRow
  registry_blob_marks: { digest: string; seen_at: string; swept_at: string | null }
  registry_grants: GrantRow
  registry_webhooks: WebhookRow
  registry_webhook_deliveries: WebhookDeliveryRow
  registry_version_signatures: VersionSignatureRow
}

export interface ApprovalRow {
  id: string
  /** The place of its event in the log: the order of the requests. */
  event_seq: number
  model: string
  version: number
  kind: string
  target: string
  status: string
  reason: string
  version_revision: number
  manifest: string
  replaces: number | null
  proposed_by: string
  proposed_at: string
  expires_at: string
  decision: string | null
  revision: number
}

export interface ApprovalNoteRow {
  request: string
  position: number
  kind: string
  text: string
  by_actor: string
  at: string
}

export interface DeploymentRow {
  model: string
  environment: string
  /** JSON of what serves, with weights; and of what stands by. */
  state: string
  updated_at: string
  revision: number
}

export interface DeploymentChangeRow {
  event_seq: number
  model: string
  environment: string
  action: string
  state: string
  reason: string
  by_actor: string
  at: string
}

export interface KnownGoodRow {
  event_seq: number
  model: string
  environment: string
  version: number
  /** Set when it was rolled back from: no longer a place to go back to. */
  revoked: number
  at: string
}

export interface HoldRow {
  id: string
  model: string
  /** 0 holds the whole model. */
  version: number
  reason: string
  by_actor: string
  placed_at: string
  until: string | null
}

export interface CollectedRow {
  model: string
  version: number
  manifest: string
  collected_at: string
}

export interface GrantRow {
  grantee_type: string
  grantee: string
  subject_type: string
  subject: string
  role: string
  granted_by: string
  granted_at: string
}

export interface WebhookRow {
  id: string
  name: string
  form: string
  url: string
  actions: string
  models: string
  description: string
  /** Encrypted; see the webhook's secret. */
  secret: string
  status: string
  /** The last event of the log that was looked at for it. */
  cursor: number
  created_at: string
  created_by: string
  updated_at: string
  revision: number
}

export interface WebhookDeliveryRow {
  id: string
  webhook: string
  event_seq: number
  state: string
  attempts: number
  due_at: string
  last_status: number | null
  last_error: string | null
  delivered_at: string | null
}

export interface VersionSignatureRow {
  model: string
  version: number
  key_id: string
  statement: string
  signature: string
  signed_at: string
  signed_by: string
}
