import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placesFilled } from './places.ts'

/** The most places that can be filled, by trying every way. */
function naive(places: readonly string[], people: readonly (readonly string[])[]): number {
  const [place, ...rest] = places
  if (place === undefined) return 0
  let best = naive(rest, people)
  for (const [at, roles] of people.entries()) {
    if (roles.includes(place)) best = Math.max(best, 1 + naive(rest, people.toSpliced(at, 1)))
  }
  return best
}

const role = fc.constantFrom('a', 'b', 'c')

test('as many places are filled as can be', () => {
  fc.assert(
    fc.property(
      fc.array(role, { maxLength: 5 }),
      fc.array(fc.uniqueArray(role), { maxLength: 5 }),
      (places, people) => {
        const filled = placesFilled(places, people)
        expect(filled).toHaveLength(places.length)
        expect(filled.filter(Boolean)).toHaveLength(naive(places, people))
      },
    ),
  )
})

test('one person with two roles fills one place, and makes room for one with fewer', () => {
  expect(placesFilled(['risk', 'owner'], [['risk', 'owner']])).toEqual([true, false])
  expect(placesFilled(['risk', 'owner'], [['risk', 'owner'], ['risk']])).toEqual([true, true])
})
