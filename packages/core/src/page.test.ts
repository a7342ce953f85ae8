import pino from 'pino'
import { expect, test } from 'vitest'
import type { Logger } from './logger.ts'
import { decodeCursor, encodeCursor, pageLimit } from './page.ts'

test('a cursor gives its position back, and a garbage one is refused', () => {
  const position = ['2026-01-01', 17, { name: 'é' }]
  expect(encodeCursor(position)).toMatch(/^[A-Za-z0-9_-]+$/)
  expect(decodeCursor(encodeCursor(position))).toEqual(position)
  for (const cursor of ['', 'AAAA', '%%%', '{}', `${encodeCursor(position)}=`]) {
    expect(() => decodeCursor(cursor)).toThrowError(
      expect.objectContaining({ code: 'core.invalid-cursor' }),
    )
  }
})

test('limits are bounded', () => {
  expect(pageLimit(undefined)).toBe(100)
  expect(pageLimit(7)).toBe(7)
  for (const limit of [0, -1, 1.5, 1001, Number.NaN]) {
    expect(() => pageLimit(limit)).toThrowError(
      expect.objectContaining({ code: 'core.invalid-limit' }),
    )
  }
})

test('a pino logger is a Logger as it is', () => {
  const lines: string[] = []
  const logger: Logger = pino(
    { level: 'debug', base: null, timestamp: false },
    { write: (line: string) => lines.push(line) },
  )
  logger.warn({ column: 'age' }, 'drift')
  expect(JSON.parse(lines[0] ?? '')).toEqual({ level: 40, column: 'age', msg: 'drift' })
})
