import { expect, test } from 'vitest'
import { manualClock } from './clock.ts'
import { createEvidence, verifyEvidence } from './evidence.ts'
import { evidenceSchema, parseWith } from './schema/index.ts'
import { formatSubject, sameSubject } from './subject.ts'

const clock = manualClock('2026-04-01T00:00:00Z')
const input = {
  kind: 'drift-report',
  subject: { type: 'model-version', name: 'm', version: '2' },
  verdict: 'pass',
  result: { psi: 0.02, columns: ['a'] },
  producedBy: { type: 'service', id: 'nightly' },
} as const

test('any change of any member is found', () => {
  const evidence = createEvidence(input, { clock })
  expect(evidence.producedAt).toBe('2026-04-01T00:00:00.000Z')
  expect(verifyEvidence(evidence)).toBe(true)
  expect(verifyEvidence(JSON.parse(JSON.stringify(evidence)))).toBe(true)
  const forged = [
    { ...evidence, kind: 'x' },
    { ...evidence, subject: { ...evidence.subject, version: '3' } },
    { ...evidence, verdict: 'fail' as const },
    { ...evidence, result: { ...evidence.result, psi: 0.03 } },
    { ...evidence, producedAt: '2026-04-02T00:00:00.000Z' },
    { ...evidence, producedBy: { type: 'human' as const, id: 'nightly' } },
    { ...evidence, validUntil: '2030-01-01T00:00:00.000Z' },
  ]
  for (const forgery of forged) expect(verifyEvidence(forgery)).toBe(false)
})

test('a result without a JSON form is refused, not turned into null', () => {
  expect(() => createEvidence({ ...input, result: { psi: Number.NaN } }, { clock })).toThrowError(
    expect.objectContaining({ code: 'core.not-json' }),
  )
})

test('the schema takes what createEvidence makes and tells every fault of what it does not', () => {
  const evidence = createEvidence({ ...input, validUntil: '2027-01-01T00:00:00Z' }, { clock })
  expect(parseWith(evidenceSchema, evidence, { code: 't.e', what: 'evidence' })).toEqual(evidence)
  try {
    parseWith(
      evidenceSchema,
      { ...evidence, verdict: 'ok', digest: 'x' },
      { code: 't.e', what: 'evidence' },
    )
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ kind: 'invalid', code: 't.e' })
    const { issues } = (error as { details: { issues: { path: string }[] } }).details
    expect(issues.map((issue) => issue.path).sort()).toEqual(['digest', 'verdict'])
  }
})

test('subjects print on one line and compare without their digest', () => {
  expect(formatSubject({ type: 'model', name: 'm' })).toBe('model:m')
  expect(formatSubject(input.subject)).toBe('model-version:m@2')
  expect(sameSubject(input.subject, { ...input.subject, digest: 'sha256:x' })).toBe(true)
  expect(sameSubject(input.subject, { ...input.subject, version: '3' })).toBe(false)
})

test('evidence without its parts is refused, naming them', () => {
  expect(() => createEvidence({} as never, { clock })).toThrowError(
    expect.objectContaining({
      code: 'core.invalid-evidence',
      details: { wrong: ['kind', 'subject', 'verdict', 'producedBy'] },
    }),
  )
})
