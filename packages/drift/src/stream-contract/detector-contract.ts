import assert from 'node:assert/strict'
import { isMlopsError } from '@mlops/core'
import type { StreamDetector, StreamValue, StreamVerdict } from '../stream/index.ts'

export interface DetectorContractInput {
  readonly test: (name: string, run: () => void) => void
  /** The same detector every time. */
  readonly make: () => StreamDetector
  /** At least 200 usable values, on which the detector finds at least one drift. */
  readonly values: readonly (number | boolean)[]
  /** A value that must be refused. @default Number.NaN */
  readonly badValue?: StreamValue
  /** As `make`, with bad values skipped; without it that part is left out. */
  readonly makeSkipping?: () => StreamDetector
}

/**
 * The suite that every {@link StreamDetector} passes: verdicts do not depend on where the state went
 * through JSON, `step` is pure and agrees with `update`, a drift starts afresh, bad values and foreign
 * states are refused with typed errors and change nothing.
 *
 * @example
 * ```ts
 * import { ddm } from '@mlops/drift/stream'
 * import { detectorContract } from '@mlops/drift/stream-contract'
 *
 * const values = Array.from({ length: 300 }, (_, i) => (i < 200 ? i % 5 === 0 : true))
 * const names: string[] = []
 * const test = (name: string, run: () => void) => {
 *   run()
 *   names.push(name)
 * }
 * detectorContract({ test, make: () => ddm(), values })
 * console.log(names.length > 5) // true
 * ```
 */
export function detectorContract({
  test,
  make,
  values,
  badValue = Number.NaN,
  makeSkipping,
}: DetectorContractInput): void {
  const { name } = make()
  const verdicts = (detector: StreamDetector, some: readonly StreamValue[]): StreamVerdict[] => {
    const run = detector.run()
    return some.map((value) => run.update(value))
  }
  const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

  test(`${name}: finds a drift in the given values, and counts what it does`, () => {
    assert.ok(values.length >= 200, 'give at least 200 values')
    const run = make().run()
    const said = values.map((value) => run.update(value))
    const drifts = said.filter((verdict) => verdict === 'drift').length
    assert.ok(drifts > 0, 'give values with a drift')
    const { seen, skipped, detections, detector } = run.reading()
    assert.deepEqual(
      { seen, skipped, detections, detector },
      { seen: values.length, skipped: 0, detections: drifts, detector: name },
    )
  })

  test(`${name}: two runs agree`, () => {
    assert.deepEqual(verdicts(make(), values), verdicts(make(), values))
  })

  test(`${name}: the state goes through JSON at any point without a trace`, () => {
    const whole = make().run()
    const expected = values.map((value) => whole.update(value))
    let run = make().run(throughJson(make().start()))
    const got = values.map((value, at) => {
      if (at % 7 === 0 || expected[at - 1] === 'drift') run = make().run(throughJson(run.state()))
      return run.update(value)
    })
    assert.deepEqual(got, expected)
    assert.equal(JSON.stringify(run.state()), JSON.stringify(whole.state()))
    assert.equal(JSON.stringify(run.reading()), JSON.stringify(whole.reading()))
  })

  test(`${name}: step agrees with update and leaves its state alone`, () => {
    const detector = make()
    const run = detector.run()
    let state = detector.start()
    for (const value of values.slice(0, 200)) {
      const before = JSON.stringify(state)
      const step = detector.step(state, value)
      assert.equal(JSON.stringify(state), before)
      assert.equal(step.verdict, run.update(value))
      assert.equal(JSON.stringify(step.reading), JSON.stringify(run.reading()))
      state = step.state
    }
    assert.equal(JSON.stringify(state), JSON.stringify(run.state()))
  })

  test(`${name}: a saved state does not change behind one's back`, () => {
    const run = make().run()
    for (const value of values.slice(0, 100)) run.update(value)
    const saved = run.state()
    const text = JSON.stringify(saved)
    const other = make().run(saved)
    for (const value of values.slice(100, 200)) {
      run.update(value)
      other.update(value)
    }
    assert.equal(JSON.stringify(saved), text)
  })

  test(`${name}: bad values are refused and leave no trace`, () => {
    const run = make().run()
    for (const value of values.slice(0, 50)) run.update(value)
    const before = JSON.stringify(run.state())
    for (const value of [badValue, null, undefined, Number.POSITIVE_INFINITY, 'x' as never])
      refuses('drift.bad-value', () => run.update(value))
    assert.equal(JSON.stringify(run.state()), before)
    refuses('drift.bad-value', () => make().step(make().start(), badValue))
  })

  if (makeSkipping !== undefined) {
    test(`${name}: skipped values are counted and change nothing else`, () => {
      const clean = makeSkipping().run()
      const dirty = makeSkipping().run()
      for (const [at, value] of values.entries()) {
        if (at % 3 === 0) dirty.update(badValue)
        assert.equal(dirty.update(value), clean.update(value))
      }
      const { body, skipped } = dirty.state()
      assert.deepEqual(body, clean.state().body)
      assert.equal(skipped, Math.ceil(values.length / 3))
    })
  }

  test(`${name}: foreign and damaged states are refused`, () => {
    const state = throughJson(make().start())
    const damaged = [
      null,
      {},
      { ...state, kind: 'other' },
      { ...state, detector: `${name}-else` },
      { ...state, options: { ...state.options, surely: 'another' } },
      { ...state, seen: -1 },
      { ...state, verdict: 'maybe' },
      { ...state, statistic: 'high' },
      { ...state, body: null },
      { ...state, body: {} },
      { ...state, body: 'text' },
    ]
    for (const bad of damaged)
      refuses('drift.not-a-detector-state', () => make().run(bad as unknown as typeof state))
    refuses('drift.unsupported-format', () =>
      make().run({ ...state, formatVersion: 2 } as unknown as typeof state),
    )
  })
}

/** Asserts that `run` throws the typed error. */
function refuses(code: string, run: () => unknown): void {
  try {
    run()
  } catch (error) {
    assert.ok(isMlopsError(error), `a typed error is due, got ${String(error)}`)
    assert.equal((error as unknown as { code: string }).code, code)
    return
  }
  assert.fail(`${code} is due, nothing was thrown`)
}
