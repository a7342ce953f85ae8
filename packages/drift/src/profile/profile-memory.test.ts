import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createRng } from '@mlops/core'
import { expect, test } from 'vitest'
import { createProfiler } from './create-profiler.ts'

test.each(['categorical', 'text'] as const)(
  'a column of long, all-different texts takes less than a megabyte (%s)',
  (type) => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const rng = createRng('memory')
    const text = () => {
      const letters = Buffer.alloc(5000)
      for (let i = 0; i < letters.length; i++) letters[i] = 97 + rng.int(26)
      return letters.toString('latin1')
    }
    const profiler = createProfiler({ types: { c: type } })
    profiler.add({ c: text() })
    collect()
    const before = process.memoryUsage().heapUsed
    let most = 0
    for (let i = 0; i < 3000; i++) {
      profiler.add({ c: text() })
      if (i % 750 !== 749) continue
      collect()
      most = Math.max(most, process.memoryUsage().heapUsed - before)
    }
    expect(most).toBeLessThan(1e6)
  },
)
