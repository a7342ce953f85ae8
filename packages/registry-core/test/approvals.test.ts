import { createEvidence } from '@mlops/core'
import { describe, expect, test } from 'vitest'
import type { ApprovalTarget, RegistryOptions, StageGate } from '../src/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import type { World } from './world.ts'
import { by, codeOf, model, person, withWorld } from './world.ts'

const DAY = 24 * 60 * 60 * 1000
const toProduction: ApprovalTarget = { kind: 'stage', stage: 'production' }
const rules = {
  approvals: { production: { approvals: 2, roles: { risk: 1 }, expiresAfterMs: 7 * DAY } },
} satisfies Partial<RegistryOptions>

function suite(makePlace: () => Promise<Place>) {
  const within = (
    versions: number,
    run: (world: World) => Promise<void>,
    options: Partial<RegistryOptions> = rules,
  ) => withWorld(makePlace, versions, run, options)

  test('proposed, approved by two of which one is from risk, committed once', () =>
    within(1, async ({ registry: { approvals, stages, versions, history } }) => {
      const direct = await stages.transition({ model, version: 1, to: 'production', by })
      expect(direct).toMatchObject({
        status: 'refused',
        missing: [{ code: 'approval-required' }],
        decision: { outcome: 'refused', to: 'production' },
      })
      expect((await stages.transition({ model, version: 1, to: 'staging', by })).status).toBe(
        'changed',
      )

      const { id, ...request } = await approvals.propose({
        model,
        version: 1,
        target: toProduction,
        reason: 'better by 3 minutes',
        by,
      })
      expect(request).toMatchObject({
        status: 'proposed',
        versionRevision: 3,
        replaces: null,
        proposedBy: by,
        missing: [{ code: 'approval-role' }, { code: 'approval-quorum' }],
      })
      const again = approvals.propose({ model, version: 1, target: toProduction, by })
      expect(await codeOf(again)).toBe('registry.approval-open')
      expect(await codeOf(approvals.commit({ id, by }))).toBe('registry.approval-missing')

      expect(await codeOf(approvals.approve({ id, by: person('ada', 'risk') }))).toBe(
        'registry.own-approval',
      )
      const bot = { type: 'service', id: 'bot', roles: ['risk'] } as const
      expect(await codeOf(approvals.approve({ id, by: bot }))).toBe('registry.approver-not-human')
      const first = await approvals.approve({ id, reason: 'fine', by: person('bo') })
      expect(first).toMatchObject({ status: 'proposed', missing: [{ code: 'approval-role' }, {}] })
      expect(await codeOf(approvals.approve({ id, by: person('bo', 'risk') }))).toBe(
        'registry.already-reviewed',
      )
      await approvals.comment({ id, text: 'looked at the segments', by: person('cy', 'risk') })
      const second = await approvals.approve({ id, by: person('cy', 'risk') })
      expect(second).toMatchObject({ status: 'approved', missing: [] })
      expect(second.notes.map(({ kind }) => kind)).toEqual(['approved', 'comment', 'approved'])

      const outcome = await approvals.commit({ id, by })
      expect(outcome).toMatchObject({ status: 'changed', version: { stage: 'production' } })
      expect(await codeOf(approvals.commit({ id, by }))).toBe('registry.approval-closed')
      const done = await approvals.get(id)
      expect(done.status).toBe('committed')
      const decisions = await stages.decisions(model, 1)
      expect(decisions.map((one) => one.id)).toContain(done.decision)
      expect((await versions.get(model, 1)).stage).toBe('production')
      const actions = (await history(model, { version: 1 })).items.map(({ action }) => action)
      expect(actions.filter((action) => action.startsWith('approval'))).toEqual([
        'approval.proposed',
        'approval.refused',
        'approval.refused',
        'approval.approved',
        'approval.commented',
        'approval.approved',
        'approval.committed',
      ])
    }))

  test('rejected, withdrawn, expired: closed for good, and may be proposed anew', () =>
    within(1, async ({ registry: { approvals }, clock }) => {
      const propose = () => approvals.propose({ model, version: 1, target: toProduction, by })
      const rejected = await propose()
      await approvals.reject({ id: rejected.id, reason: 'no card', by: person('bo') })
      expect(await codeOf(approvals.approve({ id: rejected.id, by: person('cy') }))).toBe(
        'registry.approval-closed',
      )
      const withdrawn = await propose()
      expect(await codeOf(approvals.withdraw({ id: withdrawn.id, by: person('bo') }))).toBe(
        'registry.not-proposer',
      )
      await approvals.withdraw({ id: withdrawn.id, by })
      const late = await propose()
      await approvals.approve({ id: late.id, by: person('bo') })
      await approvals.approve({ id: late.id, by: person('cy', 'risk') })
      clock.advance(7 * DAY)
      expect(await codeOf(approvals.commit({ id: late.id, by }))).toBe('registry.approval-closed')
      expect((await approvals.get(late.id)).status).toBe('expired')
      const listed = async (status: 'expired' | 'approved') =>
        (await approvals.list({ model, status })).items.map(({ id }) => id)
      expect(await listed('expired')).toEqual([late.id])
      expect(await listed('approved')).toEqual([])
      await propose()
      const first = await approvals.list({ model, limit: 3 })
      const rest = await approvals.list({ model, limit: 3, cursor: first.nextCursor! })
      expect([...first.items, ...rest.items].map(({ status }) => status)).toEqual([
        'proposed',
        'expired',
        'withdrawn',
        'rejected',
      ])
      expect(rest.nextCursor).toBeUndefined()
    }))

  test('what was approved is what is committed: a changed version, file or predecessor voids it', () =>
    within(3, async ({ registry }) => {
      const { approvals, artifacts, versions } = registry
      const approved = async (version: number) => {
        const { id } = await approvals.propose({ model, version, target: toProduction, by })
        await approvals.approve({ id, by: person('bo') })
        await approvals.approve({ id, by: person('cy', 'risk') })
        return id
      }
      const edited = await approved(1)
      await versions.update({ model, version: 1, description: 'other', by })
      expect(await codeOf(approvals.commit({ id: edited, by }))).toBe('registry.approval-stale')
      const anew = await approved(1)
      expect((await approvals.get(edited)).status).toBe('superseded')

      await artifacts.put({ model, version: 1, path: 'late.bin', content: 'x', by })
      expect(await codeOf(approvals.commit({ id: anew, by }))).toBe('registry.approval-stale')

      const [two, three] = [await approved(2), await approved(3)]
      await approvals.commit({ id: two, by })
      // It was approved as the successor of nothing, and would now replace version 2.
      expect(await codeOf(approvals.commit({ id: three, by }))).toBe('registry.approval-stale')
      expect((await versions.get(model, 2)).stage).toBe('production')
      expect((await versions.get(model, 3)).stage).toBe('development')
    }))

  test('two processes commit at once: one promotes, the other is told', () =>
    within(4, async (world) => {
      const { registry } = world
      const other = await world.other()
      const both = [registry, other.registry]
      for (const version of [1, 2, 3, 4]) {
        const { id } = await registry.approvals.propose({
          model,
          version,
          target: toProduction,
          by,
        })
        await Promise.all([
          registry.approvals.approve({ id, by: person('bo') }),
          other.registry.approvals.approve({ id, by: person('cy', 'risk') }),
        ])
        const outcomes = await Promise.allSettled(
          Array.from({ length: 6 }, (_, i) => both[i % 2]!.approvals.commit({ id, by })),
        )
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        for (const one of outcomes) {
          if (one.status === 'rejected') expect(one.reason.code).toBe('registry.approval-closed')
        }
      }
      const inProduction = await registry.versions.list(model, { stage: 'production' })
      expect(inProduction.items.map(({ version }) => version)).toEqual([4])
      const committed = await registry.log.read({ action: 'approval.committed' })
      expect(committed.items).toHaveLength(4)
      expect((await registry.verifyHistory()).status).toBe('intact')
    }))

  test('requests of several versions race: only what was approved against the current one goes in', () =>
    within(5, async (world) => {
      const { registry } = world
      const other = await world.other()
      const ids: string[] = []
      for (const version of [1, 2, 3, 4, 5]) {
        const { id } = await registry.approvals.propose({
          model,
          version,
          target: toProduction,
          by,
        })
        await registry.approvals.approve({ id, by: person('bo') })
        await registry.approvals.approve({ id, by: person('cy', 'risk') })
        ids.push(id)
      }
      const outcomes = await Promise.allSettled(
        ids.map((id, i) => [registry, other.registry][i % 2]!.approvals.commit({ id, by })),
      )
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const one of outcomes) {
        if (one.status === 'rejected') expect(one.reason.code).toBe('registry.approval-stale')
      }
    }))

  test('the gate is asked at the commit, its evidence is kept, its refusal leaves the request open', () => {
    let open = false
    const gate: StageGate = ({ version, to }) => {
      const evidence = createEvidence(
        {
          kind: 'gate-decision',
          subject: { type: 'model-version', name: model, version: String(version.version) },
          verdict: open ? 'pass' : 'fail',
          result: { to },
          producedBy: { type: 'service', id: 'gate' },
        },
        { clock: { now: () => 0 } },
      )
      return open
        ? { outcome: 'granted', evidence }
        : { outcome: 'refused', missing: [{ code: 'drift', message: 'a drift report' }], evidence }
    }
    return within(
      1,
      async ({ registry: { approvals, stages } }) => {
        const { id } = await approvals.propose({ model, version: 1, target: toProduction, by })
        await approvals.approve({ id, by: person('bo') })
        await approvals.approve({ id, by: person('cy', 'risk') })
        expect(await approvals.commit({ id, by })).toMatchObject({
          status: 'refused',
          missing: [{ code: 'drift' }],
        })
        expect((await approvals.get(id)).status).toBe('approved')
        open = true
        expect((await approvals.commit({ id, by })).status).toBe('changed')
        const kept = await stages.decisions(model, 1)
        expect(kept.map(({ evidence }) => evidence?.verdict)).toEqual(['fail', 'pass'])
      },
      { ...rules, gate },
    )
  })

  test('a protected alias: by role, by approval, and its version stays', () =>
    within(
      2,
      async ({ registry: { aliases, approvals, versions, models } }) => {
        const move = (alias: string, version: number, who = by) =>
          aliases.move({ model, alias, version, by: who })
        expect(await codeOf(move('prod-eu', 1))).toBe('registry.alias-protected')
        const lead = person('lea', 'release')
        await move('prod-eu', 1, lead)
        expect(await codeOf(aliases.remove({ model, alias: 'prod-eu', by }))).toBe(
          'registry.alias-protected',
        )
        expect(await codeOf(versions.remove({ model, version: 1, by }))).toBe(
          'registry.version-in-use',
        )
        expect(await codeOf(models.remove({ name: model, by }))).toBe('registry.version-in-use')

        expect(await codeOf(move('champion', 1, lead))).toBe('registry.alias-protected')
        const champion = { kind: 'alias', alias: 'champion' } as const
        const commit = async (target: ApprovalTarget, version: number) => {
          const { id } = await approvals.propose({ model, version, target, by })
          await approvals.approve({ id, by: person('bo') })
          return { id, outcome: approvals.commit({ id, by }) }
        }
        await (await commit(champion, 1)).outcome
        expect((await aliases.resolve(model, 'champion')).version).toBe(1)
        const [a, b] = [
          await approvals.propose({ model, version: 2, target: champion, by }),
          await approvals.propose({
            model,
            version: 1,
            target: { kind: 'alias-removal', alias: 'champion' },
            by,
          }),
        ]
        await approvals.approve({ id: a.id, by: person('bo') })
        await approvals.approve({ id: b.id, by: person('bo') })
        await approvals.commit({ id: a.id, by })
        expect((await aliases.resolve(model, 'champion')).version).toBe(2)
        expect(await codeOf(approvals.commit({ id: b.id, by }))).toBe('registry.approval-stale')
        const same = approvals.propose({ model, version: 2, target: champion, by })
        expect(await codeOf(same)).toBe('registry.alias-moved')
        await (await commit({ kind: 'alias-removal', alias: 'champion' }, 2)).outcome
        expect(await codeOf(aliases.resolve(model, 'champion'))).toBe('registry.no-alias')

        await aliases.remove({ model, alias: 'prod-eu', by: lead })
        await versions.remove({ model, version: 1, by })
        expect(await versions.find(model, 1)).toBeUndefined()
        // The alias of another model is not meant.
        await models.create({ name: 'other', by })
        await versions.create({ model: 'other', by })
        await aliases.move({ model: 'other', alias: 'prod-eu', version: 1, by })
      },
      {
        protectedAliases: [
          { alias: 'prod-*', models: 'flight-*', roles: ['release'] },
          { alias: 'champion', approval: { approvals: 1 } },
        ],
      },
    ))

  test('a renamed model keeps its requests', () =>
    within(1, async ({ registry: { approvals, models } }) => {
      const { id } = await approvals.propose({ model, version: 1, target: toProduction, by })
      await models.rename({ name: model, newName: 'delay', by })
      expect((await approvals.get(id)).model).toBe('delay')
      await approvals.approve({ id, by: person('bo') })
      await approvals.approve({ id, by: person('cy', 'risk') })
      expect((await approvals.commit({ id, by })).status).toBe('changed')
    }))

  test('wrong input is told by code', () =>
    within(1, async ({ registry: { approvals } }) => {
      const propose = (more: object) =>
        codeOf(approvals.propose({ model, version: 1, target: toProduction, by, ...more }))
      expect(await propose({ target: { kind: 'stage', stage: 'live' } })).toBe(
        'registry.unknown-stage',
      )
      expect(await propose({ target: { kind: 'stage', stage: 'development' } })).toBe(
        'registry.same-stage',
      )
      expect(await propose({ target: null })).toBe('registry.invalid-approval')
      expect(await propose({ version: 9 })).toBe('registry.no-version')
      expect(await propose({ expectedRevision: 1 })).toBe('store.revision-conflict')
      expect(await codeOf(approvals.propose(null as never))).toBe('registry.invalid-approval')
      for (const call of [
        approvals.approve,
        approvals.reject,
        approvals.withdraw,
        approvals.commit,
      ]) {
        expect(await codeOf(call(null as never))).toBe('registry.invalid-approval')
        expect(await codeOf(call({ id: 'none', by }))).toBe('registry.no-approval')
      }
      const { id } = await approvals.propose({ model, version: 1, target: toProduction, by })
      const stale = { id, expectedRevision: 9, by: person('bo') }
      expect(await codeOf(approvals.approve(stale))).toBe('store.revision-conflict')
    }))

  test('rules that could never hold are refused at once', async () => {
    for (const options of [
      { approvals: { live: {} } },
      { approvals: JSON.parse('{"__proto__": {}}') },
      { approvals: { production: { approvals: 0 } } },
      { approvals: { production: { aprovals: 2 } } },
      { protectedAliases: [{ alias: '' }] },
      { environments: [{ name: 'eu', stages: ['live'] }] },
      { environments: [{ name: 'eu' }, { name: 'eu' }] },
      { signing: { keys: {}, requiredFor: ['production'] } },
    ]) {
      const made = withWorld(makePlace, 0, async () => {}, options as never)
      expect(await codeOf(made), JSON.stringify(options)).toBe('registry.invalid-rules')
    }
  })
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))
