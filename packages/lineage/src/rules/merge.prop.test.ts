import { canonicalJson, digestOf } from '@mlops/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { story } from '../../test/events.ts'
import type { OpenLineageEvent } from '../openlineage/event.ts'
import { factsOf } from './facts.ts'
import type { Graph } from './merge.ts'
import { emptyGraph, mergeFacts } from './merge.ts'

function fold(events: readonly OpenLineageEvent[]): Graph {
  const graph = emptyGraph()
  for (const event of events) mergeFacts(graph, factsOf(event, digestOf(event)))
  return graph
}

function text(graph: Graph): string {
  const parts = Object.entries(graph).map(([name, map]) => [
    name,
    [...(map as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1)),
  ])
  return canonicalJson(parts)
}

const whole = text(fold(story))

test('any order, with any repetitions, gives the same graph', () => {
  const order = fc
    .shuffledSubarray([...story], { minLength: story.length, maxLength: story.length })
    .chain((shuffled) =>
      fc
        .array(fc.tuple(fc.nat(story.length), fc.constantFrom(...story)), { maxLength: 12 })
        .map((repeats) => {
          const events = [...shuffled]
          for (const [at, event] of repeats) events.splice(at, 0, event)
          return events
        }),
    )
  fc.assert(
    fc.property(order, (events) => {
      expect(text(fold(events))).toBe(whole)
    }),
    { numRuns: 1000 },
  )
})

test('every permutation of five events of one run', () => {
  const five = story.slice(0, 5)
  const expected = text(fold(five))
  let count = 0
  const permute = (rest: readonly OpenLineageEvent[], done: readonly OpenLineageEvent[]) => {
    if (rest.length === 0) {
      count += 1
      expect(text(fold(done))).toBe(expected)
    }
    for (const [at, event] of rest.entries()) permute(rest.toSpliced(at, 1), [...done, event])
  }
  permute(five, [])
  expect(count).toBe(120)
})

test('a graph never shrinks', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...story]), (events) => {
      const part = fold(events)
      for (const event of story) {
        const more = fold([...events, event])
        for (const name of ['nodes', 'edges', 'runs', 'runDatasets', 'facets'] as const) {
          for (const key of part[name].keys()) expect(more[name].has(key)).toBe(true)
        }
      }
    }),
  )
})
