// Profiles a stream of batches and prints the bytes held after a tenth of it and at its end.
//   node --expose-gc --import tsx test/processes/memory.ts COLUMNS BATCHES ROWS
import { createRng } from '@mlops/core'
import { createProfiler } from '../../src/profile/create-profiler.ts'

const [columns, batches, rows] = process.argv.slice(2).map(Number) as [number, number, number]
const rng = createRng(1)
const held = () => {
  gc!()
  gc!()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
const batch = (at: number) =>
  Object.fromEntries(
    Array.from({ length: columns }, (_, c) => [
      `c${c}`,
      c % 2 === 0
        ? Float64Array.from({ length: rows }, () => rng.next())
        : Array.from({ length: rows }, (_, i) => `text ${at} ${(c * i) % 997}`),
    ]),
  )

batch(0)
const before = held()
const profiler = createProfiler()
let early = 0
for (let at = 0; at < batches; at++) {
  profiler.addTable(batch(at))
  if (at + 1 === Math.ceil(batches / 10)) early = held() - before
}
console.log(JSON.stringify({ early, late: held() - before, rows: profiler.profile().rowCount }))
