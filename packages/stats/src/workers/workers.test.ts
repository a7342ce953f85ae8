// The threads run the built package: build before this test, as for every package that another uses.
import { createRng } from '@mlops/core'
import { openPool, openWorkers, sharedColumn } from '@mlops/stats/workers'
import { afterAll, describe, expect, test } from 'vitest'
import { psiOfSamples } from '../distances/psi-of-samples.ts'
import { ksTwoSampleTest } from '../hypothesis/ks-two-sample.ts'

function column(seed: number): Float64Array {
  const rng = createRng(seed)
  return Float64Array.from({ length: 5000 }, () => rng.next() ** 2)
}

describe('workers', () => {
  const workers = openWorkers({ threads: 2 })
  afterAll(() => workers.close())

  test('give what the functions give, in the order of the calls', async () => {
    const pairs = Array.from({ length: 20 }, (_, i) => [column(i), column(100 + i)] as const)
    expect(await workers.map('psiOfSamples', pairs)).toEqual(
      pairs.map(([a, b]) => psiOfSamples(a, b)),
    )
    // Each exact p-value is a sum over 25 million steps: a few will do.
    const few = pairs.slice(0, 4)
    expect(
      await workers.map(
        'ksTwoSampleTest',
        few.map(([a, b]) => [sharedColumn(a), sharedColumn(b), { alternative: 'less' }] as const),
      ),
    ).toEqual(few.map(([a, b]) => ksTwoSampleTest(a, b, { alternative: 'less' })))
  })

  test('leave plain columns to their owner', async () => {
    const mine = column(1)
    await workers.map('psiOfSamples', [[mine, mine]])
    expect(mine.length).toBe(5000)
  })

  test('no calls, no results', async () => {
    expect(await workers.map('psi', [])).toEqual([])
  })

  test('pass the error of a function on, whole', async () => {
    await expect(workers.map('psi', [[[1, 2], [1]]])).rejects.toMatchObject({
      kind: 'invalid',
      code: 'stats.length-mismatch',
    })
    expect(
      await workers.map('psi', [
        [
          [1, 2],
          [1, 2],
        ],
      ]),
    ).toEqual([0])
  })

  test('refuse what cannot be sent, and go on', async () => {
    const bad = { smoothing: (() => 1) as never }
    await expect(workers.map('psi', [[[1, 2], [1, 2], bad]])).rejects.toMatchObject({
      code: 'stats.not-sendable',
    })
    expect(
      await workers.map('psi', [
        [
          [1, 2],
          [1, 2],
        ],
      ]),
    ).toEqual([0])
  })

  test.each(['constructor', '__proto__', 'toString', 'nothing'])(
    'call no function %s',
    async (name) => {
      await expect(workers.map(name as 'psi', [[[1], [1]]])).rejects.toMatchObject({
        code: 'stats.unknown-function',
      })
    },
  )
})

describe('a pool', () => {
  test.each([0, -1, 1.5, Number.NaN, 257, 1e308, null as never])(
    'of %s threads is refused',
    (threads) => {
      expect(() => openWorkers({ threads })).toThrow(
        expect.objectContaining({ code: 'stats.invalid-option' }),
      )
    },
  )

  test('that is closed refuses calls, those under way too; closing twice is fine', async () => {
    const workers = openWorkers({ threads: 1 })
    const underWay = workers.map('psiOfSamples', [[column(1), column(2)]])
    const refused = expect(underWay).rejects.toMatchObject({ code: 'stats.pool-closed' })
    await workers.close()
    await workers.close()
    await refused
    await expect(workers.map('psi', [])).rejects.toMatchObject({ code: 'stats.pool-closed' })
  })

  test('whose file does not exist says so', async () => {
    const pool = openPool(new URL('./nowhere.js', import.meta.url), { threads: 2 })
    await expect(pool.map('psi', [[[1], [1]]])).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'stats.worker-lost',
    })
    await pool.close()
  })

  test('survives a thread that dies in a call', async () => {
    const source = `import { parentPort } from 'node:worker_threads'
      parentPort.on('message', ({ id, name, args }) =>
        name === 'die' ? process.exit(1) : parentPort.postMessage({ id, result: args[0] }))`
    const pool = openPool(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      threads: 1,
    })
    const death = pool.map('die', [[]])
    const after = pool.map('echo', [[1], [2]])
    await expect(death).rejects.toMatchObject({ code: 'stats.worker-lost' })
    expect(await after).toEqual([1, 2])
    await pool.close()
  })
})
