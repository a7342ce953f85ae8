import type { Actor } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import type { MethodRule } from '../src/access/access-rules.ts'
import { accessRules } from '../src/access/access-rules.ts'
import type { AccessPort, Permission, Registry } from '../src/index.ts'
import { createRoleAccess, withAccess } from '../src/index.ts'
import { methodsOf } from './methods.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import type { World } from './world.ts'
import { by, codeOf, model, person, withWorld } from './world.ts'

const eve = person('eve')
const root = person('root')
const nobody: AccessPort = { allows: () => false }
const scope = { type: 'model', name: model } as const

const rules: Readonly<Record<string, Readonly<Record<string, MethodRule>>>> = accessRules

/** Whether a method lists things of many owners. */
function isPage(path: string): boolean {
  const [part = '', name = ''] = path.split('.')
  return rules[part]?.[name]?.item !== undefined
}

/** Arguments that every method can make sense of. */
const ARGUMENTS: readonly (readonly unknown[])[] = [
  [],
  [null],
  [model, 1, 'w.json'],
  [
    {
      model,
      version: 1,
      name: model,
      newName: 'mine',
      run: 'r',
      id: 'x',
      experiment: 'e',
      experimentIds: ['1'],
      path: 'p',
      key: { keyId: 'a', sign: () => new Uint8Array(64) },
      by: { type: 'human', id: 'root' },
    },
  ],
  [['1']],
  [{ experimentIds: [] }],
  [[]],
]

function suite(makePlace: () => Promise<Place>) {
  const within = (run: (world: World) => Promise<void>) => withWorld(makePlace, 1, run)

  test('every method there is denies by default, and a denied change changes nothing but the log', () =>
    within(async ({ registry, store }) => {
      const guarded = withAccess(registry, { port: nobody, actor: eve, store })
      const methods = methodsOf(guarded)
      const all = methodsOf(registry).map(({ name }) => name)
      expect(methods.map(({ name }) => name).sort()).toEqual(all.sort())
      expect(methods.length).toBeGreaterThan(90)
      const rows = async () => {
        const log = await registry.log.read({ limit: 1000 })
        return log.items.filter(({ action }) => action !== 'access.denied').length
      }
      const before = await rows()
      for (const { name, call } of methods) {
        for (const args of ARGUMENTS) {
          const given = args.map((one) =>
            typeof one === 'object' && one !== null && !Array.isArray(one) ? { ...one } : one,
          )
          const outcome = await Promise.resolve(call(...given)).then(
            (value) => ({ value }),
            (error) => ({ code: error.code as string }),
          )
          // Lists over everything show an empty page, or refuse what is no request; everything else is refused.
          if ('value' in outcome) expect([name, outcome.value]).toEqual([name, { items: [] }])
          else if (isPage(name) && (typeof given[0] === 'string' || Array.isArray(given[0])))
            expect([name, outcome.code]).toEqual([name, 'core.invalid-options'])
          else expect([name, outcome.code]).toEqual([name, 'registry.access-denied'])
        }
      }
      expect(await rows()).toBe(before)
      const denied = await registry.log.read({ action: 'access.denied', limit: 1000 })
      const logged = new Set(denied.items.map(({ data }) => (data as { method: string }).method))
      for (const [part, rules] of Object.entries(accessRules)) {
        for (const [name, { changes }] of Object.entries(rules)) {
          expect([part, name, logged.has(`${part}.${name}`)]).toEqual([part, name, changes])
        }
      }
      expect(denied.items.every(({ actor }) => actor.id === 'eve')).toBe(true)
    }))

  test('a method that no rule speaks of is closed to everybody', () =>
    within(async ({ registry, store }) => {
      const grown = {
        ...registry,
        models: { ...registry.models, destroy: async () => 'destroyed' },
        unheardOf: { act: async () => 'done' },
      }
      const port: AccessPort = { allows: () => true }
      const open = withAccess(grown as Registry, { port, actor: eve, store }) as typeof grown
      expect(await codeOf(open.models.destroy())).toBe('registry.access-denied')
      expect(await codeOf(open.unheardOf.act())).toBe('registry.access-denied')
      expect((await open.models.get(model)).name).toBe(model)
    }))

  test('only true is a grant, and a port that fails grants nothing', () =>
    within(async ({ registry, store }) => {
      const read = (allows: AccessPort['allows']) =>
        codeOf(withAccess(registry, { port: { allows }, actor: eve, store }).models.get(model))
      expect(await read(() => true)).toBe('none')
      expect(await read(async () => true)).toBe('none')
      for (const answer of [undefined, null, 1, 'yes', {}, []]) {
        expect(await read(() => answer as never)).toBe('registry.access-denied')
      }
      expect(await read(() => Promise.reject(new Error('down')))).toBe('registry.access-failed')
    }))

  test('commands are carried out in the actor’s name, whatever they say', () =>
    within(async ({ registry, store }) => {
      const asked: string[] = []
      const port: AccessPort = {
        allows: (actor, permission, { type, name }) => {
          asked.push(`${actor.id} ${permission} ${type}:${name}`)
          return true
        },
      }
      const guarded = withAccess(registry, { port, actor: eve, store })
      await guarded.models.update({ name: model, description: 'x', by: root })
      await guarded.models.rename({ name: model, newName: 'mine', by: root })
      const { items } = await registry.log.read({ order: 'newest-first', limit: 3 })
      expect(items.map(({ actor }) => actor.id)).toEqual(['eve', 'eve', 'eve'])
      expect(asked).toEqual([
        `eve edit model:${model}`,
        `eve manage model:${model}`,
        'eve manage model:mine',
      ])
    }))

  test('roles: each allows what those before it allow, per model', () =>
    within(async ({ registry, store, clock }) => {
      const access = await createRoleAccess({ store, administrators: ['root'], clock })
      const guarded = (actor: Actor) => withAccess(registry, { port: access, actor, store })
      await registry.models.create({ name: 'secret', by })
      const tries = async (actor: Actor) => {
        const mine = guarded(actor)
        return {
          read: await codeOf(mine.models.get(model)),
          use: await codeOf(
            mine.artifacts.open(model, 1, 'w.json').then(({ content }) => content.cancel()),
          ),
          edit: await codeOf(
            mine.versions.update({ model, version: 1, description: 'd', by: actor }),
          ),
          manage: await codeOf(mine.aliases.move({ model, alias: 'a', version: 1, by: actor })),
        }
      }
      const grantee = { type: 'actor', id: 'eve' } as const
      const roles: Permission[] = ['read', 'use', 'edit', 'manage']
      for (const [at, role] of roles.entries()) {
        await access.grant({ grantee, scope, role, by: root })
        const outcome = Object.values(await tries(eve))
        expect(outcome).toEqual(roles.map((_, i) => (i <= at ? 'none' : 'registry.access-denied')))
      }
      expect(await codeOf(guarded(eve).models.get('secret'))).toBe('registry.access-denied')
      expect((await guarded(eve).models.list()).items.map(({ name }) => name)).toEqual([model])
      await access.revoke({ grantee, scope, by: root })
      expect(await codeOf(guarded(eve).models.get(model))).toBe('registry.access-denied')

      const team = { type: 'role', id: 'data-science' } as const
      await access.grant({ grantee: team, scope: { type: 'registry' }, role: 'edit', by: root })
      const member = person('kim', 'data-science')
      expect(await tries(member)).toMatchObject({ edit: 'none', manage: 'registry.access-denied' })
      await guarded(member).models.create({ name: 'new', by: member })
      expect(await tries(person('kim'))).toMatchObject({ read: 'registry.access-denied' })
      expect(await codeOf(guarded(root).models.remove({ name: 'new', by: root }))).toBe('none')
    }))

  test('grants: given by who manages, kept in the log, gone with the model, moved by its renaming', () =>
    within(async ({ registry, store, clock }) => {
      const access = await createRoleAccess({ store, administrators: ['root'], clock })
      const give = (id: string, role: Permission, who: Actor) =>
        codeOf(access.grant({ grantee: { type: 'actor', id }, scope, role, by: who }))
      expect(await give('eve', 'manage', eve)).toBe('registry.access-denied')
      expect(await give('eve', 'manage', root)).toBe('none')
      expect(await give('bo', 'use', eve)).toBe('none')
      expect(await give('bo', 'read', person('bo'))).toBe('registry.access-denied')
      const whole = { type: 'registry' } as const
      const grab = access.grant({
        grantee: { type: 'actor', id: 'eve' },
        scope: whole,
        role: 'manage',
        by: eve,
      })
      expect(await codeOf(grab)).toBe('registry.access-denied')
      const { items } = await registry.log.read({ limit: 1000 })
      const kept = items.filter(({ action }) => action.startsWith('access.'))
      expect(kept.map(({ action, actor }) => `${actor.id} ${action}`)).toEqual([
        'eve access.denied',
        'root access.granted',
        'eve access.granted',
        'bo access.denied',
        'eve access.denied',
      ])
      expect(await access.grants(scope)).toMatchObject([
        { grantee: { id: 'bo' }, role: 'use', grantedBy: { id: 'eve' } },
        { grantee: { id: 'eve' }, role: 'manage' },
      ])
      await registry.models.rename({ name: model, newName: 'delay', by })
      expect(await access.allows(eve, 'manage', scope)).toBe(false)
      const renamed = { type: 'model', name: 'delay' } as const
      expect(await access.allows(eve, 'manage', renamed)).toBe(true)
      await registry.models.remove({ name: 'delay', by })
      await registry.models.create({ name: 'delay', by })
      expect(await access.allows(eve, 'read', renamed)).toBe(false)
      expect(await access.grants()).toEqual([])
    }))

  test('runs are reached through their experiment; what they write to as well', () =>
    within(async ({ registry, store, clock }) => {
      const access = await createRoleAccess({ store, administrators: ['root'], clock })
      const start = (experiment: string) => registry.runs.start({ experiment, by })
      const [mine, theirs] = [await start('mine'), await start('theirs')]
      const foreign = await registry.loggedModels.create({
        experimentId: theirs.experimentId,
        name: 'm',
        by,
      })
      const grantee = { type: 'actor', id: 'eve' } as const
      const own = { type: 'experiment', name: mine.experimentId } as const
      await access.grant({ grantee, scope: own, role: 'edit', by: root })
      const { runs, experiments, loggedModels } = withAccess(registry, {
        port: access,
        actor: eve,
        store,
      })
      await runs.log({ run: mine.id, params: { a: '1' }, by: eve })
      expect((await runs.list({ experiment: 'mine' })).items).toHaveLength(1)
      const refused = [
        () => runs.get(theirs.id),
        () => runs.log({ run: theirs.id, params: { a: '1' }, by: eve }),
        () =>
          runs.log({ run: mine.id, metrics: [{ key: 'm', value: 1, model: foreign.id }], by: eve }),
        () => runs.log({ run: mine.id, modelOutputs: [{ model: foreign.id }], by: eve }),
        () => runs.start({ experiment: 'mine', parent: theirs.id, by: eve }),
        () => runs.start({ experiment: 'new', by: eve }),
        () => runs.search({ experimentIds: [mine.experimentId, theirs.experimentId] }),
        () => runs.compare([mine.id, theirs.id]),
        () => runs.get('no such run'),
        () => loggedModels.get(foreign.id),
        () => experiments.findByName('theirs'),
        () => experiments.findByName('no such experiment'),
      ]
      for (const [at, one] of refused.entries()) {
        expect([at, await codeOf(one())]).toEqual([at, 'registry.access-denied'])
      }
      expect((await experiments.search()).items.map(({ name }) => name)).toEqual(['mine'])
    }))

  test('a page ends at what may be read, so that its cursor tells of nothing else', () =>
    within(async ({ registry, store }) => {
      for (const name of ['a1', 'b-hidden', 'c2', 'd-hidden', 'e-hidden', 'f3', 'z-hidden']) {
        await registry.models.create({ name, by })
      }
      const port: AccessPort = {
        allows: (_, __, { name }) => !name.endsWith('hidden') && name !== model,
      }
      const { models } = withAccess(registry, { port, actor: eve, store })
      const names: string[] = []
      let cursor: string | undefined
      do {
        const page = await models.list({ limit: 2, ...(cursor !== undefined && { cursor }) })
        expect(page.items.length).toBeLessThanOrEqual(2)
        names.push(...page.items.map(({ name }) => name))
        cursor = page.nextCursor
        if (cursor) expect(Buffer.from(cursor, 'base64url').toString()).not.toContain('hidden')
      } while (cursor !== undefined)
      expect(names).toEqual(['a1', 'c2', 'f3'])
    }))

  test('wrong input is told by code', () =>
    within(async ({ registry, store }) => {
      expect(await codeOf(createRoleAccess(null as never))).toBe('registry.invalid-grant')
      const some = createRoleAccess({ store, administrators: 'root' as never })
      expect(await codeOf(some)).toBe('registry.invalid-grant')
      const access = await createRoleAccess({ store })
      expect(await codeOf(access.grant(null as never))).toBe('registry.invalid-grant')
      expect(await codeOf(access.revoke({ scope } as never))).toBe('registry.invalid-grant')
      const code = (options: unknown) => {
        try {
          withAccess(registry, options as never)
        } catch (error) {
          return (error as { code: string }).code
        }
        return 'none'
      }
      expect(code(null)).toBe('registry.invalid-access')
      expect(code({ port: access, store })).toBe('registry.invalid-access')
      expect(code({ port: {}, actor: eve, store })).toBe('registry.invalid-access')
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
