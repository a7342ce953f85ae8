import type { Actor, Digest, Evidence, Verdict } from '@mlops/core'
import { createEvidence, manualClock } from '@mlops/core'
import { expect, test } from 'vitest'
import { evaluateGate } from './gate.ts'
import type { Policy } from './policy.ts'
import { definePolicy } from './policy.ts'
import { standardPolicy } from './presets/index.ts'
import type { GateInput, Release } from './release.ts'
import type { SignOff } from './sign-off.ts'

const policy = standardPolicy()
const clock = manualClock('2026-06-01T00:00:00Z')
const subject = { type: 'model-version', name: 'm', version: '2' } as const
const digest = `sha256:${'a'.repeat(64)}` as Digest
const release: Release = { subject, digest, tier: 'medium', authors: ['ana'] }

const person = (id: string, ...roles: string[]): Actor => ({ type: 'human', id, roles })
const evidence = (
  kind: string,
  verdict: Verdict = 'pass',
  at = '2026-05-20T00:00:00Z',
  more: Partial<Evidence> = {},
) =>
  createEvidence(
    { kind, subject, verdict, result: {}, producedBy: { type: 'service', id: 'ci' }, ...more },
    { clock: manualClock(at) },
  )
const signOff = (by: Actor, role: string, more: Partial<SignOff> = {}): SignOff => ({
  gate: 'production',
  role,
  by,
  digest,
  decision: 'approve',
  at: '2026-05-30T00:00:00Z',
  ...more,
})

const kinds = [
  'risk-classification',
  'model-card',
  'drift-report',
  'lineage-manifest',
  'ab-readout',
]
const complete: GateInput = {
  release,
  evidence: kinds.map((kind) => evidence(kind)),
  signOffs: [
    signOff(person('bea', 'business-owner'), 'business-owner'),
    signOff(person('rob', 'risk-officer'), 'risk-officer'),
  ],
}
const ask = (change: Partial<GateInput> = {}, under: Policy = policy) =>
  evaluateGate(under, 'production', { ...complete, ...change }, { clock })
const without = (kind: string) => complete.evidence.filter((one) => one.kind !== kind)

test('everything there: approved, with a term', () => {
  const decision = ask()
  expect(decision).toMatchObject({ status: 'approved', verdict: 'pass', unmet: [] })
  // risk-classified counts 365 days, the drift report 90 days from 2026-05-20.
  expect(decision.validUntil).toBe('2026-08-18T00:00:00.000Z')
})

test('nothing there: the list of all that is missing', () => {
  const decision = ask({ evidence: [], signOffs: [] })
  expect(decision).toMatchObject({ status: 'pending', verdict: 'fail' })
  expect(decision.unmet).toHaveLength(7)
  expect(decision.measures.map((m) => m.status)).toEqual(Array(5).fill('missing'))
})

test('each measure alone keeps the gate shut', () => {
  for (const kind of kinds) {
    const decision = ask({ evidence: without(kind) })
    expect(decision.status, kind).toBe('pending')
    expect(decision.unmet).toHaveLength(1)
    expect(decision.unmet[0]).toContain(kind)
  }
})

test('the newest evidence decides, in both directions', () => {
  const failed = evidence('ab-readout', 'fail', '2026-05-25T00:00:00Z')
  expect(
    ask({ evidence: [...complete.evidence, failed] }).measures.find((m) => m.measure === 'compared')
      ?.status,
  ).toBe('failed')
  const old = evidence('ab-readout', 'fail', '2026-05-01T00:00:00Z')
  expect(ask({ evidence: [old, ...complete.evidence] }).status).toBe('approved')
})

test('failed, inconclusive, expired, tampered and foreign evidence do not count, and say so', () => {
  const cases: [Evidence, string][] = [
    [evidence('ab-readout', 'fail'), 'failed'],
    [evidence('ab-readout', 'inconclusive'), 'inconclusive'],
    [evidence('ab-readout', 'warn'), 'failed'],
    [evidence('ab-readout', 'pass', '2025-05-20T00:00:00Z'), 'expired'],
    [evidence('ab-readout', 'pass', undefined, { validUntil: '2026-06-01T00:00:00Z' }), 'expired'],
    [{ ...evidence('ab-readout', 'fail'), verdict: 'pass' }, 'tampered'],
    [
      evidence('ab-readout', 'pass', undefined, { subject: { ...subject, version: '1' } }),
      'missing',
    ],
    [
      evidence('ab-readout', 'pass', undefined, {
        subject: { ...subject, digest: `sha256:${'b'.repeat(64)}` },
      }),
      'missing',
    ],
  ]
  for (const [one, status] of cases) {
    const decision = ask({ evidence: [...without('ab-readout'), one] })
    expect(decision.measures.find((m) => m.measure === 'compared')?.status).toBe(status)
    expect(decision.status).toBe('pending')
  }
})

test('evidence about a related subject counts when the release names it', () => {
  const data = { type: 'dataset-version', name: 'd', version: '1' }
  const report = evidence('drift-report', 'warn', undefined, { subject: data })
  expect(ask({ evidence: [...without('drift-report'), report] }).status).toBe('pending')
  expect(
    ask({
      evidence: [...without('drift-report'), report],
      release: { ...release, relatedSubjects: [data] },
    }).status,
  ).toBe('approved')
})

test('sign-offs that do not count, each with its reason', () => {
  const cases: [SignOff, string][] = [
    [signOff(person('ana', 'risk-officer'), 'risk-officer'), 'self-approval'],
    [signOff(person('bea', 'risk-officer'), 'risk-officer'), 'duplicate-signer'],
    [signOff(person('eve', 'intern'), 'risk-officer'), 'role-not-held'],
    [signOff({ type: 'service', id: 'bot', roles: ['risk-officer'] }, 'risk-officer'), 'not-human'],
    [
      signOff(person('rob', 'risk-officer'), 'risk-officer', {
        digest: `sha256:${'c'.repeat(64)}`,
      }),
      'stale-digest',
    ],
  ]
  for (const [one, reason] of cases) {
    const decision = ask({ signOffs: [complete.signOffs[0]!, one] })
    expect(decision.status, reason).toBe('pending')
    expect(decision.signOffs.find((s) => s.role === 'risk-officer')?.refused).toEqual([
      { by: one.by.id, reason },
    ])
  }
  expect(
    ask({
      signOffs: [
        complete.signOffs[0]!,
        signOff(person('rob', 'risk-officer'), 'risk-officer', { gate: 'preproduction' }),
      ],
    }).status,
  ).toBe('pending')
})

test('delegation: for its time, in the lender’s name, not lent on, not round the author', () => {
  const lend = (from: string, to: string, until = '2026-07-01T00:00:00Z') => ({
    role: 'risk-officer',
    from,
    to,
    since: '2026-01-01T00:00:00Z',
    until,
  })
  const byDi = [complete.signOffs[0]!, signOff(person('di'), 'risk-officer')]
  const risk = (delegations: ReturnType<typeof lend>[]) =>
    ask({ signOffs: byDi, delegations }).signOffs.find((s) => s.role === 'risk-officer')
  expect(risk([lend('cy', 'di')])?.given).toEqual([
    { by: 'di', onBehalfOf: 'cy', at: '2026-05-30T00:00:00Z' },
  ])
  expect(risk([lend('cy', 'di', '2026-05-01T00:00:00Z')])?.refused[0]?.reason).toBe(
    'delegation-expired',
  )
  expect(risk([lend('cy', 'bo'), lend('bo', 'di')])?.refused[0]?.reason).toBe('delegation-chain')
  expect(risk([lend('ana', 'di')])?.refused[0]?.reason).toBe('self-approval')
  expect(risk([lend('bea', 'di')])?.refused[0]?.reason).toBe('duplicate-signer')
})

test('a rejection closes the gate', () => {
  const decision = ask({
    signOffs: [
      complete.signOffs[0]!,
      signOff(person('rob', 'risk-officer'), 'risk-officer', { decision: 'reject' }),
    ],
  })
  expect(decision.status).toBe('rejected')
  expect(decision.unmet).toEqual(['rejected by rob as risk officer'])
})

test('an approval expires', () => {
  const once: Policy = definePolicy({
    ...policy,
    gates: [
      {
        id: 'production',
        title: 't',
        validDays: 90,
        requirements: { medium: { signOffs: [{ role: 'risk-officer' }] } },
      },
    ],
  })
  const at = (now: string) =>
    evaluateGate(
      once,
      'production',
      {
        release,
        evidence: [],
        signOffs: [
          signOff(person('rob', 'risk-officer'), 'risk-officer', { at: '2026-01-01T00:00:00Z' }),
        ],
      },
      { clock: manualClock(now) },
    )
  expect(at('2026-03-31T23:59:59Z')).toMatchObject({
    status: 'approved',
    validUntil: '2026-04-01T00:00:00.000Z',
  })
  expect(at('2026-04-02T00:00:00Z')).toMatchObject({ status: 'expired', verdict: 'fail' })
})

test('a waiver needs role, reason and expiry, and makes the approval conditional', () => {
  const waiver = {
    gate: 'production',
    measure: 'compared',
    by: person('rob', 'risk-officer'),
    reason: 'no live model yet',
    until: '2026-07-01T00:00:00Z',
    at: '2026-05-30T00:00:00Z',
  }
  const evidence = without('ab-readout')
  const decision = ask({ evidence, waivers: [waiver] })
  expect(decision).toMatchObject({
    status: 'conditional',
    verdict: 'warn',
    unmet: [],
    validUntil: '2026-07-01T00:00:00.000Z',
  })
  const bad = [
    { ...waiver, by: person('eve') },
    { ...waiver, reason: ' ' },
    { ...waiver, until: '2026-06-01T00:00:00Z' },
    { ...waiver, gate: 'preproduction' },
    { ...waiver, measure: 'fair' },
  ]
  for (const one of bad) expect(ask({ evidence, waivers: [one] }).status).toBe('pending')
})

test('an unknown gate is a typed error; a tier that may never pass is rejected', () => {
  expect(() => evaluateGate(policy, 'prod', complete, { clock })).toThrowError(
    expect.objectContaining({ code: 'governance.unknown-gate' }),
  )
  expect(ask({ release: { ...release, tier: 'prohibited' } })).toMatchObject({
    status: 'rejected',
    verdict: 'fail',
    unmet: ["no release of tier 'prohibited' may pass the gate 'production'"],
  })
})

test('the decision is plain JSON and prints what is missing', () => {
  const decision = ask({ signOffs: [] })
  expect(JSON.parse(JSON.stringify(decision))).toEqual(decision)
})
