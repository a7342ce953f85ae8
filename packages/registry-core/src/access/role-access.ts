import type { Actor, Clock, SubjectRef } from '@mlops/core'
import { canonicalJson, invalid, isoTime, MlopsError, systemClock } from '@mlops/core'
import { actorSchema, parseWith } from '@mlops/core/schema'
import type { Store } from '@mlops/store'
import { createEventLog } from '@mlops/store'
import type { Transaction } from 'kysely'
import type {
  AccessPort,
  Grant,
  GrantAccess,
  GrantScope,
  Permission,
  RevokeAccess,
} from '../model/access.ts'
import { grantAccessSchema, permissions, revokeAccessSchema } from '../model/access.ts'
import { assertPorts } from '../model/arguments.ts'
import type { GrantRow } from '../sql/lifecycle-tables.ts'
import { registryMigrations } from '../sql/migrations.ts'
import type { RegistryTables } from '../sql/tables.ts'

export interface RoleAccess extends AccessPort {
  /**
   * Gives a role, in place of one that the grantee had there. Whoever gives must be able to manage
   * the scope, or be an administrator. Refusals are kept in the log, too.
   *
   * @throws `denied` `registry.access-denied`; `invalid` `registry.invalid-grant`
   */
  grant(command: GrantAccess): Promise<Grant>
  /** Takes it away; absent is no error. @throws as `grant` */
  revoke(command: RevokeAccess): Promise<void>
  /** All grants, or those on one scope, by grantee. */
  grants(scope?: GrantScope): Promise<readonly Grant[]>
}

const told = { code: 'registry.invalid-grant', what: 'the grant' }
/** The scope of everything, in the column that holds names otherwise. */
const ALL = ''

/**
 * Roles read, use, edit and manage, per model, per experiment or for everything, kept in the store.
 * Nobody may do anything until told so, except the administrators named here.
 *
 * @throws as `store.migrate`; `invalid` `registry.invalid-grant` for administrators that are no ids.
 * @example
 * ```ts
 * import { createRoleAccess } from '@mlops/registry-core'
 * import { openStore } from '@mlops/store'
 *
 * const store = await openStore('sqlite::memory:')
 * const access = await createRoleAccess({ store, administrators: ['root'] })
 * const ada = { type: 'human', id: 'ada' } as const
 * const scope = { type: 'model', name: 'flight-delay' } as const
 * const by = { type: 'human', id: 'root' } as const
 * await access.grant({ grantee: { type: 'actor', id: 'ada' }, scope, role: 'edit', by })
 * console.log(await access.allows(ada, 'use', scope), await access.allows(ada, 'manage', scope))
 * // true false
 * await store.close()
 * ```
 */
export async function createRoleAccess(options: {
  readonly store: Store
  /** Ids of actors who may do everything; the way in while there are no grants. */
  readonly administrators?: readonly string[]
  readonly clock?: Clock
}): Promise<RoleAccess> {
  const { store, administrators = [], clock = systemClock } = options ?? {}
  if (typeof store?.migrate !== 'function') {
    throw invalid('registry.invalid-grant', 'roles need a store that they are kept in', {})
  }
  if (!Array.isArray(administrators) || !administrators.every((id) => typeof id === 'string')) {
    throw invalid('registry.invalid-grant', 'administrators must be a list of actor ids', {})
  }
  assertPorts({ clock }, 'registry.invalid-grant')
  await store.migrate('registry', registryMigrations)
  const db = store.tables<RegistryTables>()
  const log = createEventLog({ store, name: 'registry', clock })

  async function allows(actor: Actor, permission: Permission, subject: SubjectRef) {
    const { id, roles = [] } = parseWith(actorSchema, actor, told)
    const wanted = permissions.indexOf(permission)
    if (wanted < 0) return false
    if (administrators.includes(id)) return true
    const scope = await scopeOf(db, subject)
    const rows = await db.query
      .selectFrom('registry_grants')
      .select('role')
      .where((on) =>
        on.or([
          on.and([on('grantee_type', '=', 'actor'), on('grantee', '=', id)]),
          ...(roles.length > 0
            ? [on.and([on('grantee_type', '=', 'role'), on('grantee', 'in', [...roles])])]
            : []),
        ]),
      )
      .where((on) =>
        on.or([
          on('subject_type', '=', 'registry'),
          on.and([on('subject_type', '=', scope.type), on('subject', '=', nameOf(scope))]),
        ]),
      )
      .execute()
    return rows.some(({ role }) => permissions.indexOf(role as Permission) >= wanted)
  }

  /** Runs a change of grants for who may manage the scope; keeps the refusal for who may not. */
  async function guarded(
    by: Actor,
    scope: GrantScope,
    action: string,
    work: (tx: Transaction<RegistryTables>) => Promise<object>,
  ): Promise<void> {
    const subject = subjectOf(scope)
    if (!(await allows(by, 'manage', subject))) {
      const facts = { method: action, permission: 'manage' }
      await db.transaction((tx) =>
        log.append(tx, { actor: by, action: 'access.denied', subject, data: facts }),
      )
      throw accessDenied(by, 'manage', subject)
    }
    await db.transaction(async (tx) => {
      const data = await work(tx)
      await log.append(tx, { actor: by, action, subject, data })
    })
  }

  return {
    allows,
    async grant(command) {
      const { grantee, scope, role, by } = parseWith(grantAccessSchema, command, told)
      const row: GrantRow = {
        grantee_type: grantee.type,
        grantee: grantee.id,
        subject_type: scope.type,
        subject: nameOf(scope),
        role,
        granted_by: canonicalJson(by),
        granted_at: isoTime(clock),
      }
      await guarded(by, scope, 'access.granted', async (tx) => {
        await tx
          .insertInto('registry_grants')
          .values(row)
          .onConflict((on) =>
            on.columns(['grantee_type', 'grantee', 'subject_type', 'subject']).doUpdateSet({
              role,
              granted_by: row.granted_by,
              granted_at: row.granted_at,
            }),
          )
          .execute()
        return { grantee, role }
      })
      return grantFromRow(row)
    },
    async revoke(command) {
      const { grantee, scope, by } = parseWith(revokeAccessSchema, command, told)
      await guarded(by, scope, 'access.revoked', async (tx) => {
        await tx
          .deleteFrom('registry_grants')
          .where('grantee_type', '=', grantee.type)
          .where('grantee', '=', grantee.id)
          .where('subject_type', '=', scope.type)
          .where('subject', '=', nameOf(scope))
          .execute()
        return { grantee }
      })
    },
    async grants(scope) {
      let select = db.query.selectFrom('registry_grants').selectAll()
      if (scope !== undefined) {
        const wanted = parseWith(revokeAccessSchema.shape.scope, scope, told)
        select = select
          .where('subject_type', '=', wanted.type)
          .where('subject', '=', nameOf(wanted))
      }
      const rows = await select
        .orderBy('subject_type')
        .orderBy('subject')
        .orderBy('grantee_type')
        .orderBy('grantee')
        .execute()
      return rows.map(grantFromRow)
    },
  }
}

export function accessDenied(actor: Actor, permission: Permission, subject: SubjectRef) {
  return new MlopsError({
    kind: 'denied',
    code: 'registry.access-denied',
    message: `${actor.id} may not ${permission} ${subject.type} ${subject.name}: ask who manages it`,
    details: { actor: actor.id, permission, subject },
  })
}

/** Where the things are kept that are an experiment's. */
const OF_EXPERIMENTS: Readonly<Record<string, string>> = {
  run: 'registry_runs',
  'logged-model': 'registry_logged_models',
  trace: 'registry_traces',
  study: 'registry_studies',
}

/** Runs, logged models, traces and studies are reached through their experiment; files only through the whole. */
async function scopeOf(
  db: Store<RegistryTables>,
  { type, name }: SubjectRef,
): Promise<GrantScope | { readonly type: 'none' }> {
  if (type === 'model') return { type: 'model', name }
  if (type === 'experiment') return { type: 'experiment', name }
  const table = Object.hasOwn(OF_EXPERIMENTS, type) ? OF_EXPERIMENTS[type] : undefined
  if (!table) return { type: 'none' }
  const row = await db.query
    .selectFrom(table as 'registry_runs')
    .select('experiment')
    .where('id', '=', name)
    .executeTakeFirst()
  return row ? { type: 'experiment', name: String(row.experiment) } : { type: 'none' }
}

function nameOf(scope: GrantScope | { readonly type: 'none' }): string {
  return 'name' in scope ? scope.name : ALL
}

function subjectOf(scope: GrantScope): SubjectRef {
  return { type: scope.type, name: 'name' in scope ? scope.name : 'registry' }
}

function grantFromRow(row: GrantRow): Grant {
  return {
    grantee: { type: row.grantee_type as Grant['grantee']['type'], id: row.grantee },
    scope: (row.subject_type === 'registry'
      ? { type: 'registry' }
      : { type: row.subject_type, name: row.subject }) as GrantScope,
    role: row.role as Permission,
    grantedBy: JSON.parse(row.granted_by) as Actor,
    grantedAt: row.granted_at,
  }
}
