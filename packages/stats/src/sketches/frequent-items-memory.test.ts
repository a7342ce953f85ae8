import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createFrequentItems } from './frequent-items.ts'

test.each([20, 1000])(
  'items of %i characters do not keep alive what they were cut from',
  (length) => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const items = createFrequentItems({ capacity: 256 })
    collect()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 200; i++) {
      // One flat text of 200 KB, of which a piece is taken in.
      const chunk = Buffer.alloc(200_000, `row ${i} `).toString('latin1')
      items.add(chunk.slice(3, 3 + length))
    }
    collect()
    expect(items.sketch().items.length).toBeGreaterThan(100)
    // 200 chunks would be 40 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8e6)
  },
)
