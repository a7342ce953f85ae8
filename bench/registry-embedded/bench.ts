// The registry as a library, without HTTP: metrics logged a second, durable, on SQLite.
//
//   pnpm bench registry-embedded --no-python [-- --folder DIR]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRegistry } from '@mlops/registry-core'
import { openStore } from '@mlops/store'
import { memoryBlobs } from '@mlops/store/blobs'

const { values: options } = parseArgs({
  options: { folder: { type: 'string', default: tmpdir() }, python: { type: 'string' } },
})
const folder = mkdtempSync(join(options.folder, 'registry-embedded-'))
const store = await openStore(`sqlite:${join(folder, 'db')}`)
const registry = await createRegistry({ store, blobs: memoryBlobs() })
const by = { type: 'service', id: 'bench' } as const
const { id: run } = await registry.runs.start({ experiment: 'bench', by })
let step = 0

const single = () =>
  registry.runs.log({ run, metrics: [{ key: 'loss', value: 1 / ++step, step }], by })
const batch = () => {
  const metrics = Array.from({ length: 1000 }, (_, k) => {
    step++
    return { key: `m${k % 20}`, value: 1 / step, step }
  })
  return registry.runs.log({ run, metrics, by })
}

try {
  console.log('| task | under way at once | calls/s | metrics/s |\n|---|---|---|---|')
  for (const atOnce of [1, 8, 64, 256])
    await timed('a single metric', single, atOnce, atOnce === 1 ? 300 : 15_000, 1)
  for (const atOnce of [1, 8]) await timed('a batch of 1000', batch, atOnce, 100, 1000)
} finally {
  await store.close()
  rmSync(folder, { recursive: true })
}

async function timed(
  name: string,
  task: () => Promise<void>,
  atOnce: number,
  calls: number,
  size: number,
): Promise<void> {
  const round = async (many: number) => {
    let left = many
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (left-- > 0) await task()
      }),
    )
  }
  await round(Math.min(calls, 20 * atOnce))
  const start = performance.now()
  await round(calls)
  const perSecond = calls / ((performance.now() - start) / 1000)
  console.log(
    `| ${name} | ${atOnce} | ${perSecond.toFixed(0)} | ${(perSecond * size).toFixed(0)} |`,
  )
}
