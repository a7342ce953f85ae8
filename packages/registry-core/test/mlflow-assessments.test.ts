import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Json } from './attacks/door.ts'
import type { TraceDoor } from './trace-door.ts'
import { feedback, openTraceDoor, traceInfo } from './trace-door.ts'

let door: TraceDoor
beforeEach(async () => {
  door = await openTraceDoor()
  await door.start('t')
})
afterEach(() => door.close())

const add = async (more: object = {}) =>
  (await door.ok('POST', '/t/assessments', { assessment: { ...feedback, ...more } })).assessment
const path = ({ assessment_id }: Json) => `/t/assessments/${assessment_id}`

test('keep plain expectations as values and others as JSON in a text', async () => {
  const expecting = (value: unknown) =>
    add({ feedback: undefined, expectation: value }).then(({ expectation }) => expectation)
  for (const value of ['yes', 5, false, 0, '']) {
    expect(await expecting({ value })).toEqual({ value })
  }
  const written = { serialization_format: 'JSON_FORMAT', value: '{"a":[1,null]}' }
  expect(await expecting({ serialized_value: written })).toEqual({ serialized_value: written })
  expect(await expecting({ value: { a: [1, null] } })).toEqual({ serialized_value: written })
})

test('change by a mask, written either way; what it does not name stays', async () => {
  const made = await add({ rationale: 'r', metadata: { a: '1' } })
  const change = (update_mask: string, assessment: object) =>
    door.ok('PATCH', path(made), { update_mask, assessment })
  const assessment = {
    assessment_name: 'better',
    rationale: 'no',
    metadata: { b: '2' },
    feedback: { value: 5 },
  }
  const first = await change('assessmentName,metadata', assessment)
  expect(first.assessment).toEqual({
    ...made,
    assessment_name: 'better',
    metadata: { a: '1', b: '2' },
    last_update_time: expect.any(String),
  })
  const second = await change('feedback, rationale', assessment)
  expect(second.assessment).toMatchObject({ feedback: { value: 5 }, rationale: 'no' })
  expect((await door.ok('GET', path(made))).assessment).toEqual(second.assessment)
  for (const [mask, given] of [
    ['valid', { valid: false }],
    ['source', feedback],
    ['expectation', { expectation: { value: 1 } }],
    ['feedback', {}],
    ['feedback', { feedback: { value: null } }],
    ['assessment_name', {}],
    ['', assessment],
    ['feedback,', assessment],
    ['__proto__', assessment],
  ] as const) {
    const { status } = await door.ask('PATCH', path(made), { update_mask: mask, assessment: given })
    expect([mask, given, status]).toEqual([mask, given, 400])
  }
  expect((await door.ok('GET', path(made))).assessment).toEqual(second.assessment)
})

test('an overridden one is not valid until the other is deleted', async () => {
  const first = await add()
  const second = await add({ overrides: first.assessment_id })
  expect(second).toMatchObject({ overrides: first.assessment_id, valid: true })
  expect((await door.ok('GET', path(first))).assessment.valid).toBe(false)
  expect(await door.ok('DELETE', path(second))).toEqual({})
  expect((await door.ask('GET', path(second))).status).toBe(404)
  expect((await door.ok('GET', path(first))).assessment.valid).toBe(true)
  expect(await door.ok('DELETE', path(second))).toEqual({})
  expect((await door.ask('DELETE', '/none/assessments/x')).status).toBe(404)
})

test('errors of feedback are kept, at either place where clients write them', async () => {
  const error = { error_code: 'E', error_message: 'm', stack_trace: 's' }
  expect((await add({ feedback: { error } })).feedback).toEqual({ value: null, error })
  expect((await add({ error })).feedback).toEqual({ ...feedback.feedback, error })
  expect((await add({ source: undefined })).source).toEqual({
    source_type: 'SOURCE_TYPE_UNSPECIFIED',
    source_id: 'default',
  })
})

test('no field of any kind makes the server fail', async () => {
  const made = await add()
  const deep = JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`) as unknown
  const odd = [
    null,
    true,
    0,
    -1,
    1e308,
    '',
    '\u0000',
    '\ud800',
    [],
    {},
    [[]],
    [1],
    '__proto__',
    deep,
  ]
  for (const field of [
    'assessment_id',
    'assessment_name',
    'span_id',
    'source',
    'create_time',
    'feedback',
    'expectation',
    'issue',
    'rationale',
    'error',
    'metadata',
    'overrides',
  ]) {
    for (const value of [
      ...odd,
      ...odd.map((inner) => ({
        value: inner,
        k: inner,
        source_type: inner,
        error_code: inner,
        serialized_value: inner,
      })),
    ]) {
      const assessment = { ...feedback, [field]: value }
      for (const { status } of [
        await door.ask('POST', '/t/assessments', { assessment }),
        await door.ask('POST', '', {
          trace: { trace_info: traceInfo('u', { assessments: [assessment] }) },
        }),
        await door.ask('PATCH', path(made), { assessment, update_mask: field }),
      ]) {
        const fine = status === 200 || status === 400 || status === 404
        expect([field, JSON.stringify(value).slice(0, 50), fine, status]).toEqual([
          field,
          JSON.stringify(value).slice(0, 50),
          true,
          status,
        ])
      }
    }
  }
})
