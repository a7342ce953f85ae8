import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runJson } from './json.ts'
import { runsText } from './run-text.ts'

const key = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'a"\\'), fc.string({ unit: 'binary' }))
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '\ud800', '"', '\u2028'))
const texts = fc.dictionary(key, text, { noNullPrototype: true })
const at = fc.constantFrom(
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T00:00:00.001Z',
  '0001-01-01T00:00:00.000Z',
)
const models = fc.array(fc.record({ model: text, step: fc.nat() }), { maxLength: 2 })

const required = {
  id: text,
  experiment: text,
  experimentId: fc.constant('1'),
  name: text,
  status: fc.constantFrom('running', 'finished'),
  lifecycle: fc.constantFrom('active', 'deleted'),
  user: text,
  startedAt: at,
  params: texts,
  tags: texts,
  metrics: fc.constant({}),
  latest: fc.array(
    fc.record({
      key,
      value: fc.oneof(fc.double(), fc.constantFrom(-0, 0, 1e21, 5e-324, 9007199254740991)),
      step: fc.constantFrom(-1, -0, 0, 1, Number.MAX_SAFE_INTEGER),
      at,
    }),
    { maxLength: 5 },
  ),
  inputs: fc.array(
    fc.record({ name: text, digest: text, context: text, tags: texts }, { requiredKeys: ['name'] }),
    { maxLength: 2 },
  ),
  modelInputs: models,
  modelOutputs: models,
}
const run = fc.record(
  { ...required, endedAt: at, artifactLocation: text },
  { requiredKeys: Object.keys(required) as (keyof typeof required)[] },
)

test('the text of runs is what JSON.stringify makes of them', () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 4 }), (runs) => {
      expect(runsText(runs as never)).toBe(JSON.stringify((runs as never[]).map(runJson)))
    }),
    { numRuns: 500 },
  )
})
