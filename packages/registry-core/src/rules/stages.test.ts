import { expect, test } from 'vitest'
import { defaultStages } from '../model/stage.ts'
import type { StageChange } from './stages.ts'
import { assertStages, previousProduction } from './stages.ts'

const promote = (version: number): StageChange => ({
  version,
  from: 'staging',
  to: 'production',
  kind: 'transition',
})
const back = (version: number): StageChange => ({
  version,
  from: 'archived',
  to: 'production',
  kind: 'rollback',
})

test.each([
  [[], undefined],
  [[promote(1)], undefined],
  [[promote(1), promote(2)], { current: 2, previous: 1 }],
  [[promote(1), promote(2), back(1)], undefined],
  [[promote(1), promote(2), promote(3), back(2)], { current: 2, previous: 1 }],
  [[promote(1), promote(2), back(1), promote(3)], { current: 3, previous: 1 }],
  [[promote(1), promote(2), back(1), promote(2)], { current: 2, previous: 1 }],
  [[promote(1), promote(2), promote(1)], { current: 1, previous: 2 }],
])('the line of production versions %#', (changes, expected) => {
  expect(previousProduction(changes, defaultStages)).toEqual(expected)
})

test('stages that contradict themselves are refused', () => {
  expect(() => assertStages(defaultStages)).not.toThrow()
  for (const bad of [
    { ...defaultStages, production: 'live' },
    { ...defaultStages, retired: 'production' },
    { ...defaultStages, names: [...defaultStages.names, 'staging'] },
  ]) {
    expect(() => assertStages(bad)).toThrow(/stages must/)
  }
})
