import type { Migration } from '@mlops/store'

const VERSION_KEY = 'foreign key (model, version) references registry_versions (model, version)'

/** Approvals, deployments, retention, access, webhooks and signatures; then what made things faster. */
export const lifecycleMigrations: readonly Migration[] = [
  {
    id: '0010-approvals',
    up: ({ text, integer, strict }) => [
      `create table registry_approvals (
        id ${text} not null primary key, event_seq ${integer} not null, model ${text} not null,
        version ${integer} not null, kind ${text} not null, target ${text} not null,
        status ${text} not null, reason ${text} not null, version_revision ${integer} not null,
        manifest ${text} not null, replaces ${integer}, proposed_by ${text} not null,
        proposed_at ${text} not null, expires_at ${text} not null, decision ${text},
        revision ${integer} not null, ${VERSION_KEY}
      ) ${strict}`,
      'create index registry_approvals_version on registry_approvals (model, version, event_seq)',
      'create index registry_approvals_status on registry_approvals (status, event_seq)',
      `create table registry_approval_notes (
        request ${text} not null references registry_approvals (id), position ${integer} not null,
        kind ${text} not null, text ${text} not null, by_actor ${text} not null, at ${text} not null,
        primary key (request, position)
      ) ${strict}`,
    ],
  },
  {
    id: '0011-deployments',
    up: ({ text, integer, strict }) => [
      `create table registry_deployments (
        model ${text} not null, environment ${text} not null, state ${text} not null,
        updated_at ${text} not null, revision ${integer} not null, primary key (model, environment)
      ) ${strict}`,
      'create index registry_deployments_environment on registry_deployments (environment, model)',
      `create table registry_deployment_changes (
        event_seq ${integer} not null primary key, model ${text} not null,
        environment ${text} not null, action ${text} not null, state ${text} not null,
        reason ${text} not null, by_actor ${text} not null, at ${text} not null
      ) ${strict}`,
      'create index registry_deployment_changes_of on registry_deployment_changes (model, environment, event_seq)',
      `create table registry_known_good (
        event_seq ${integer} not null primary key, model ${text} not null,
        environment ${text} not null, version ${integer} not null, revoked ${integer} not null,
        at ${text} not null, ${VERSION_KEY}
      ) ${strict}`,
      'create index registry_known_good_of on registry_known_good (model, environment, event_seq)',
    ],
  },
  {
    id: '0012-retention',
    up: ({ text, integer, strict }) => [
      `create table registry_holds (
        id ${text} not null primary key, model ${text} not null references registry_models (name),
        version ${integer} not null, reason ${text} not null, by_actor ${text} not null,
        placed_at ${text} not null, until ${text}
      ) ${strict}`,
      'create index registry_holds_version on registry_holds (model, version)',
      `create table registry_collected (
        model ${text} not null, version ${integer} not null, manifest ${text} not null,
        collected_at ${text} not null, primary key (model, version), ${VERSION_KEY}
      ) ${strict}`,
      `create table registry_blob_marks (
        digest ${text} not null primary key, seen_at ${text} not null, swept_at ${text}
      ) ${strict}`,
    ],
  },
  {
    id: '0013-access',
    up: ({ text, strict }) => [
      `create table registry_grants (
        grantee_type ${text} not null, grantee ${text} not null, subject_type ${text} not null,
        subject ${text} not null, role ${text} not null, granted_by ${text} not null,
        granted_at ${text} not null, primary key (grantee_type, grantee, subject_type, subject)
      ) ${strict}`,
      'create index registry_grants_subject on registry_grants (subject_type, subject)',
    ],
  },
  {
    id: '0014-webhooks',
    up: ({ text, integer, strict }) => [
      `create table registry_webhooks (
        id ${text} not null primary key, url ${text} not null, actions ${text} not null,
        models ${text} not null, description ${text} not null, secret ${text} not null,
        status ${text} not null, cursor ${integer} not null, created_at ${text} not null,
        created_by ${text} not null, updated_at ${text} not null, revision ${integer} not null
      ) ${strict}`,
      `create table registry_webhook_deliveries (
        id ${text} not null primary key, webhook ${text} not null references registry_webhooks (id),
        event_seq ${integer} not null, state ${text} not null, attempts ${integer} not null,
        due_at ${text} not null, last_status ${integer}, last_error ${text}, delivered_at ${text},
        unique (webhook, event_seq)
      ) ${strict}`,
      'create index registry_webhook_deliveries_due on registry_webhook_deliveries (state, due_at)',
    ],
  },
  {
    id: '0015-signatures',
    up: ({ text, integer, strict }) => [
      `create table registry_version_signatures (
        model ${text} not null, version ${integer} not null, key_id ${text} not null,
        statement ${text} not null, signature ${text} not null, signed_at ${text} not null,
        signed_by ${text} not null, primary key (model, version, key_id), ${VERSION_KEY}
      ) ${strict}`,
    ],
  },
  {
    id: '0016-highest-semver',
    up: ({ text }) => [`alter table registry_models add column highest_semver ${text}`],
  },
  {
    id: '0017-webhook-forms',
    up: ({ text }) => [
      `alter table registry_webhooks add column name ${text} not null default ''`,
      `alter table registry_webhooks add column form ${text} not null default 'registry'`,
    ],
  },
]
