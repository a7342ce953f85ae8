import { expect, test } from 'vitest'
import { manualClock } from './clock.ts'
import { uuidV7 } from './ids.ts'
import { createRng } from './rng.ts'

test('the layout of RFC 9562: time, version 7, variant 10', () => {
  const id = uuidV7({ clock: manualClock(0x017f22e279b0), rng: createRng(1) }).next()
  expect(id).toMatch(/^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('ids of one source rise strictly, within a millisecond and when the clock steps back', () => {
  const clock = manualClock(1_700_000_000_000)
  const ids = uuidV7({ clock, rng: createRng(2) })
  let last = ''
  for (let i = 0; i < 20_000; i++) {
    if (i === 7000) clock.advance(-5000)
    if (i === 14_000) clock.advance(20_000)
    const id = ids.next()
    if (id <= last) expect.unreachable(`${id} came after ${last}`)
    last = id
  }
})

test('two sources of the same millisecond do not collide', () => {
  const clock = manualClock(1_700_000_000_000)
  const a = uuidV7({ clock })
  const b = uuidV7({ clock })
  const all = new Set(Array.from({ length: 2000 }, (_, i) => (i % 2 ? a : b).next()))
  expect(all.size).toBe(2000)
})
