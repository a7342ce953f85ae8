import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Actor, Digest, ManualClock } from '@mlops/core'
import { createEvidence, createRng, manualClock, uuidV7 } from '@mlops/core'
import type { Store } from '@mlops/store'
import { openStore } from '@mlops/store'
import { openPostgresStore } from '@mlops/store/postgres'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyAuditGrowth, verifyAuditProof } from './audit.ts'
import { standardPolicy } from './presets/index.ts'
import type { Governance } from './service.ts'
import { createGovernance } from './service.ts'
import { stageGate } from './stage-gate.ts'

const ana: Actor = { type: 'human', id: 'ana', roles: ['data-scientist'] }
const bea: Actor = { type: 'human', id: 'bea', roles: ['business-owner'] }
const rob: Actor = { type: 'human', id: 'rob', roles: ['risk-officer'] }
const ci: Actor = { type: 'service', id: 'ci' }
const subject = { type: 'model-version', name: 'm', version: '2' }
const digest: Digest = `sha256:${'a'.repeat(64)}`
const answers = {
  regulations: ['none'],
  audience: 'public',
  availability: 'scheduled',
  impact: ['inconvenience'],
  cadence: 'monthly',
  lifetime: 'months',
  decay: 'seasonal',
  explainability: 'none',
} as const

const postgresUrl = process.env['MLOPS_TEST_POSTGRES_URL']
const databases = [
  { name: 'SQLite', run: true, open: (dir: string) => openStore(`sqlite:${join(dir, 'g.db')}`) },
  { name: 'PostgreSQL', run: postgresUrl !== undefined, open: openPostgresSchema },
]
let schemas = 0
async function openPostgresSchema(): Promise<Store> {
  const schema = `governance_${process.pid}_${Date.now()}_${schemas++}`
  return openPostgresStore(postgresUrl!, { schema })
}

for (const { name, run, open } of databases)
  describe.skipIf(!run)(`governance on ${name}`, () => {
    let dir: string
    let store: Store
    let clock: ManualClock
    let governance: Governance

    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), 'governance-'))
      clock = manualClock('2026-06-01T00:00:00Z')
      store = await open(dir)
      governance = await createGovernance({
        store,
        policy: standardPolicy(),
        clock,
        ids: uuidV7({ clock, rng: createRng(1) }),
      })
    })
    afterEach(async () => {
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    })

    const evidence = (kind: string) =>
      createEvidence({ kind, subject, verdict: 'pass', result: {}, producedBy: ci }, { clock })
    const submit = () =>
      governance.submitRelease({ useCase: 'delays', subject, digest, authors: ['ana'], actor: ana })
    const ask = () => governance.ask({ gate: 'production', subject, digest, actor: ci })
    const sign = (actor: Actor, role: string) =>
      governance.signOff({ gate: 'production', subject, digest, role, actor })
    const actions = async () => (await governance.audit.read()).items.map((entry) => entry.action)

    test('the whole way: refused with what is missing, then granted, and all of it on record', async () => {
      const useCase = await governance.classifyUseCase({ useCase: 'delays', answers, actor: bea })
      expect(useCase).toMatchObject({ tier: 'medium', revision: 1 })
      await submit()
      const refused = await ask()
      expect(refused.status).toBe('pending')
      expect(refused.unmet).toHaveLength(6)
      for (const kind of ['model-card', 'drift-report', 'lineage-manifest', 'ab-readout']) {
        clock.advance(1000)
        await governance.attachEvidence({ evidence: evidence(kind), actor: ci })
      }
      await sign(bea, 'business-owner')
      await sign(rob, 'risk-officer')
      expect(await ask()).toMatchObject({ status: 'approved', tier: 'medium', unmet: [] })
      expect(await actions()).toEqual([
        'use-case.classified',
        'release.submitted',
        'gate.decided',
        ...Array(4).fill('evidence.attached'),
        'release.signed',
        'release.signed',
        'gate.decided',
      ])
      expect(await governance.audit.verify()).toMatchObject({ status: 'intact', entries: 10 })
    })

    test('refusals are typed errors and are on record too', async () => {
      await governance.classifyUseCase({ useCase: 'delays', answers, actor: bea })
      await submit()
      const denied = (reason: string) =>
        expect.objectContaining({
          kind: 'denied',
          code: 'governance.sign-off-refused',
          details: expect.objectContaining({ reason }),
        })
      await expect(sign({ ...ana, roles: ['risk-officer'] }, 'risk-officer')).rejects.toThrowError(
        denied('self-approval'),
      )
      await expect(sign({ type: 'human', id: 'eve' }, 'risk-officer')).rejects.toThrowError(
        denied('role-not-held'),
      )
      await sign(rob, 'risk-officer')
      await expect(sign(rob, 'risk-officer')).rejects.toThrowError(denied('duplicate-signer'))
      const forged = { ...evidence('ab-readout'), verdict: 'fail' as const }
      await expect(governance.attachEvidence({ evidence: forged, actor: ci })).rejects.toThrowError(
        expect.objectContaining({ code: 'governance.evidence-tampered' }),
      )
      const waiver = {
        gate: 'production',
        subject,
        digest,
        measure: 'compared',
        reason: '',
        until: '2026-01-01T00:00:00Z',
        actor: bea,
      }
      await expect(governance.waive(waiver)).rejects.toThrowError(
        expect.objectContaining({
          details: expect.objectContaining({ faults: ['role', 'reason', 'expiry'] }),
        }),
      )
      await expect(
        governance.delegate({
          role: 'risk-officer',
          to: 'eve',
          until: '2027-01-01T00:00:00Z',
          actor: bea,
        }),
      ).rejects.toThrowError(expect.objectContaining({ code: 'governance.role-not-held' }))
      expect((await actions()).filter((action) => action.endsWith('.refused'))).toEqual([
        'release.signed.refused',
        'release.signed.refused',
        'release.signed.refused',
        'evidence.attached.refused',
        'measure.waived.refused',
        'role.delegated.refused',
      ])
    })

    test('a lent role and a waiver open the gate on condition', async () => {
      await governance.classifyUseCase({ useCase: 'delays', answers, actor: bea })
      await submit()
      for (const kind of ['model-card', 'drift-report', 'lineage-manifest'])
        await governance.attachEvidence({ evidence: evidence(kind), actor: ci })
      await governance.delegate({
        role: 'risk-officer',
        to: 'di',
        until: '2026-07-01T00:00:00Z',
        actor: rob,
      })
      clock.advance(1000)
      await sign(bea, 'business-owner')
      await sign({ type: 'human', id: 'di' }, 'risk-officer')
      await governance.waive({
        gate: 'production',
        subject,
        digest,
        measure: 'compared',
        reason: 'no live model',
        until: '2026-06-15T00:00:00Z',
        actor: rob,
      })
      const decision = await ask()
      expect(decision).toMatchObject({ status: 'conditional', verdict: 'warn' })
      expect(decision.signOffs[1]?.given).toEqual([
        expect.objectContaining({ by: 'di', onBehalfOf: 'rob' }),
      ])
      clock.advance(20 * 86_400_000)
      expect(['expired', 'pending']).toContain((await ask()).status)
    })

    test('what was not classified or submitted cannot be asked for', async () => {
      await expect(submit()).rejects.toThrowError(
        expect.objectContaining({ code: 'governance.use-case-not-found' }),
      )
      await expect(ask()).rejects.toThrowError(
        expect.objectContaining({ kind: 'not-found', code: 'governance.release-not-found' }),
      )
      await expect(governance.getUseCase('x')).rejects.toThrowError(
        expect.objectContaining({ kind: 'not-found' }),
      )
      await expect(
        governance.ask({ gate: 'prod', subject, digest, actor: ci }),
      ).rejects.toThrowError(expect.objectContaining({ code: 'governance.unknown-gate' }))
      await expect(
        governance.classifyUseCase({ useCase: '', answers, actor: bea }),
      ).rejects.toThrowError(expect.objectContaining({ code: 'governance.invalid-command' }))
    })

    test('two classify at once: one wins, the other is told; nothing is lost', async () => {
      const again = () =>
        governance.classifyUseCase({ useCase: 'delays', answers, actor: bea, expectedRevision: 0 })
      const done = await Promise.allSettled([again(), again()])
      expect(done.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(done.find((one) => one.status === 'rejected')).toMatchObject({
        reason: { code: 'store.revision-conflict' },
      })
      await governance.classifyUseCase({
        useCase: 'delays',
        answers,
        actor: bea,
        expectedRevision: 1,
      })
      expect((await governance.getUseCase('delays')).revision).toBe(2)
      expect(await governance.audit.verify()).toMatchObject({ status: 'intact', entries: 2 })
    })

    test('a registry’s gate grants and refuses on the evidence that comes with the version', async () => {
      await governance.classifyUseCase({ useCase: 'delays', answers, actor: bea })
      await submit()
      const gate = stageGate({ governance, gates: { production: 'production' }, clock })
      const change = {
        version: { model: 'm', version: 2 },
        to: 'production',
        by: ana,
        manifestDigest: digest,
      }
      expect(await gate({ ...change, to: 'staging', evidence: [] })).toEqual({ outcome: 'granted' })
      const refused = await gate({ ...change, evidence: [] })
      expect(refused).toMatchObject({
        outcome: 'refused',
        missing: { length: 6 },
        evidence: { kind: 'gate-decision', verdict: 'fail' },
      })
      await sign(bea, 'business-owner')
      await sign(rob, 'risk-officer')
      const all = ['model-card', 'drift-report', 'lineage-manifest', 'ab-readout'].map(evidence)
      expect(await gate({ ...change, evidence: all })).toMatchObject({
        outcome: 'granted',
        evidence: { verdict: 'pass' },
      })
      const forged = all.map((one) => ({ ...one, producedAt: '2026-05-31T00:00:00.000Z' }))
      expect(await gate({ ...change, evidence: forged })).toMatchObject({
        outcome: 'refused',
        missing: { length: 4 },
      })
      await expect(
        gate({ ...change, version: { model: 'm', version: 3 }, evidence: [] }),
      ).rejects.toThrowError(expect.objectContaining({ code: 'governance.release-not-found' }))
    })

    test('an entry proves its place, growth is provable, and a forger is found', async () => {
      expect(await governance.audit.checkpoint()).toBeUndefined()
      for (let i = 0; i < 5; i++)
        await governance.classifyUseCase({ useCase: `u${i}`, answers, actor: bea })
      const early = (await governance.audit.checkpoint())!
      for (let i = 5; i < 12; i++)
        await governance.classifyUseCase({ useCase: `u${i}`, answers, actor: bea })
      const late = (await governance.audit.checkpoint())!
      const proof = await governance.audit.prove(3, late)
      expect(verifyAuditProof(proof, late)).toBe(true)
      expect(
        verifyAuditProof({ ...proof, entry: { ...proof.entry, hash: early.hash } }, late),
      ).toBe(false)
      expect(verifyAuditGrowth(early, late, await governance.audit.proveGrowth(early, late))).toBe(
        true,
      )
      expect(
        verifyAuditGrowth(
          { ...early, root: late.root },
          late,
          await governance.audit.proveGrowth(early, late),
        ),
      ).toBe(false)

      await expect(
        sql`update mlops_events set data = '{}' where seq = 4`.execute(store.query),
      ).rejects.toThrowError()
      const off =
        store.dialect === 'sqlite'
          ? sql`drop trigger mlops_events_no_update`
          : sql`drop trigger mlops_events_no_change on mlops_events`
      await off.execute(store.query)
      await sql`update mlops_events set data = '{}' where log = 'governance' and seq = 4`.execute(
        store.query,
      )
      expect(await governance.audit.verify()).toMatchObject({
        status: 'broken',
        seq: 4,
        problem: 'changed',
      })
    })
  })
