import type { Actor, Page, PageRequest, SubjectRef } from '@mlops/core'
import { givenOptions, invalid, MlopsError } from '@mlops/core'
import { actorSchema, parseWith } from '@mlops/core/schema'
import type { Store } from '@mlops/store'
import type { AccessPort, Permission } from '../model/access.ts'
import type { Registry } from '../service/registry.ts'
import type { GuardedPart, MethodRule } from './access-rules.ts'
import { accessRules, nameOf, WHOLE } from './access-rules.ts'
import { accessDenied } from './role-access.ts'

type AnyMethod = (...args: unknown[]) => unknown

/** What nobody may call through a guarded registry. */
const CLOSED: MethodRule = { permission: 'manage', changes: true, subjects: () => [WHOLE] }

/**
 * The registry as one actor may use it. Every method asks the port first, and does nothing unless
 * the answer is `true`; a method that no rule speaks of is refused. Commands are carried out in the
 * actor's name, whatever their `by` says. Lists over everything leave out what may not be read.
 * A refused change is kept in the log as `access.denied`; a granted one as the change that it is.
 *
 * @throws `denied` `registry.access-denied` from every method; `internal` `registry.access-failed`
 *   when the port fails; `invalid` `registry.invalid-access`.
 * @example
 * ```ts
 * import { createRegistry, createRoleAccess, withAccess } from '@mlops/registry-core'
 * import { openStore } from '@mlops/store'
 * import { memoryBlobs } from '@mlops/store/blobs'
 *
 * const store = await openStore('sqlite::memory:')
 * const registry = await createRegistry({ store, blobs: memoryBlobs() })
 * const port = await createRoleAccess({ store, administrators: ['root'] })
 * const actor = { type: 'human', id: 'ada' } as const
 * const guarded = withAccess(registry, { port, actor, store })
 * const denied = await guarded.models.create({ name: 'm', by: actor }).catch((error) => error.code)
 * console.log(denied) // registry.access-denied
 * await store.close()
 * ```
 */
export function withAccess(
  registry: Registry,
  options: { readonly port: AccessPort; readonly actor: Actor; readonly store: Store },
): Registry {
  const { port, store } = options ?? {}
  const isRegistry = typeof registry?.log?.append === 'function'
  if (
    !isRegistry ||
    typeof port?.allows !== 'function' ||
    typeof store?.transaction !== 'function'
  ) {
    throw invalid(
      'registry.invalid-access',
      'withAccess needs the registry, and { port, actor, store }: the port with a function allows',
      {},
    )
  }
  const actor = parseWith(actorSchema, options.actor, {
    code: 'registry.invalid-access',
    what: 'the actor',
  })

  async function holds(permission: Permission, subject: SubjectRef): Promise<boolean> {
    try {
      // Anything but true is no grant.
      return (await port.allows(actor, permission, subject)) === true
    } catch (cause) {
      throw new MlopsError({
        kind: 'internal',
        code: 'registry.access-failed',
        message: 'the access port gave no answer, so nothing was done',
        cause,
      })
    }
  }

  async function demand(method: string, rule: MethodRule, args: readonly unknown[]) {
    const subjects = await rule.subjects(args, registry)
    // What names nothing at all is asked of the whole.
    for (const subject of subjects.length === 0 && !rule.item ? [WHOLE] : subjects) {
      if (await holds(rule.permission, subject)) continue
      await refuse(method, rule, subject)
    }
  }

  async function refuse(method: string, rule: MethodRule, subject: SubjectRef): Promise<never> {
    const { permission, changes } = rule
    if (changes) {
      const named = { ...subject, name: subject.name.slice(0, 512) || '-' }
      const entry = { actor, action: 'access.denied', subject: named, data: { method, permission } }
      await store.transaction((tx) => registry.log.append(tx, entry))
    }
    throw accessDenied(actor, permission, subject)
  }

  function guard(method: string, target: AnyMethod, rule: MethodRule | undefined): AnyMethod {
    if (!rule) return async () => refuse(method, CLOSED, WHOLE)
    return async (...args) => {
      await demand(method, rule, args)
      if (rule.item) return readablePage(rule.item, target, args)
      return target(...(rule.changes ? inActorsName(args) : args))
    }
  }

  function inActorsName([command, ...rest]: readonly unknown[]): unknown[] {
    const isCommand = typeof command === 'object' && command !== null
    return [isCommand ? { ...command, by: actor } : command, ...rest]
  }

  /**
   * A page without what may not be read. It ends at an item that may be, because a cursor tells where
   * a page ended. Cost: one more query for each hidden item behind the last readable one.
   */
  async function readablePage(
    subjectOf: NonNullable<MethodRule['item']>,
    target: AnyMethod,
    [request, ...rest]: readonly unknown[],
  ): Promise<Page<unknown>> {
    const fetch = (more: PageRequest) =>
      target({ ...givenOptions(request ?? {}), ...more }, ...rest) as Promise<Page<unknown>>
    const readable = async (subjects: SubjectRef | readonly SubjectRef[]) => {
      for (const subject of [subjects].flat()) {
        if (!(await holds('read', subject))) return false
      }
      return true
    }
    const page = await fetch({})
    const items: unknown[] = []
    let ended = false
    for (const item of page.items) {
      ended = await readable(subjectOf(item))
      if (ended) items.push(item)
    }
    let { nextCursor: cursor } = page
    while (cursor !== undefined && !ended) {
      const next: Page<unknown> = await fetch({ cursor, limit: 1 })
      cursor = next.nextCursor
      for (const item of next.items) {
        ended = await readable(subjectOf(item))
        if (ended) items.push(item)
      }
    }
    return cursor === undefined ? { items } : { items, nextCursor: cursor }
  }

  function guardPart(part: GuardedPart): Registry[GuardedPart] {
    const methods = registry[part] as unknown as Record<string, AnyMethod>
    const known = Object.hasOwn(accessRules, part) ? accessRules[part] : {}
    const rules = known as Readonly<Record<string, MethodRule>>
    return Object.fromEntries(
      Object.keys(methods).map((name) => {
        const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
        return [name, guard(`${part}.${name}`, (...args) => methods[name]!(...args), rule)]
      }),
    ) as unknown as Registry[GuardedPart]
  }

  const parts = Object.fromEntries(
    (Object.keys(registry) as (keyof Registry)[])
      .filter((part) => typeof registry[part] === 'object' && part !== 'log')
      .filter((part) => part !== 'stageRules')
      .map((part) => [part, guardPart(part as GuardedPart)]),
  ) as unknown as Pick<Registry, GuardedPart>
  const readModel: MethodRule = {
    permission: 'read',
    changes: false,
    subjects: ([model]) => [{ type: 'model', name: nameOf(model) }],
  }
  const readWhole: MethodRule = { permission: 'read', changes: false, subjects: () => [WHOLE] }
  const { history, verifyHistory, log, stageRules } = registry
  const wrap = <Method>(name: string, method: Method, rule: MethodRule | undefined) =>
    guard(name, method as AnyMethod, rule) as Method
  return {
    ...parts,
    stageRules,
    history: wrap('history', history, readModel),
    verifyHistory: wrap('verifyHistory', verifyHistory, readWhole),
    log: {
      name: log.name,
      append: wrap('log.append', log.append, undefined),
      expectAppend: wrap('log.expectAppend', log.expectAppend, undefined),
      read: wrap('log.read', log.read, readWhole),
      head: wrap('log.head', log.head, readWhole),
      verify: wrap('log.verify', log.verify, readWhole),
    },
  }
}
