import { isMlopsError } from '@mlops/core'
import { expect, test } from 'vitest'
import * as anytime from './anytime/index.ts'
import * as drift from './index.ts'
import * as multivariate from './multivariate/index.ts'
import * as profile from './profile/index.ts'
import * as stream from './stream/index.ts'

const sample = [3, 1, 2, 5, 4, 9, 7, 8, 6, 10, 11, 12]
const doors = { drift, stream, anytime, multivariate, profile }
const functions = Object.entries(doors).flatMap(([door, names]) =>
  Object.entries(names)
    .filter(
      (entry): entry is [string, (...args: unknown[]) => unknown] => typeof entry[1] === 'function',
    )
    .map(([name, call]) => [`${door}.${name}`, call] as const),
)
/** Their only argument is data. */
const DATA_ONLY = new Set(['drift.evidentlyRule', 'stream.defineDetector'])

test.each(functions)('%s says in a typed error that its options are null', async (name, call) => {
  if (DATA_ONLY.has(name)) return
  for (const data of [0, 1, 2, 3]) {
    try {
      await call(...new Array(data).fill(sample), null)
    } catch (error) {
      // Data of another shape than it takes may fail in other ways: not its options.
      if (!isMlopsError(error)) expect(String(error)).not.toMatch(/destructure/)
    }
  }
})
