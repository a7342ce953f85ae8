/**
 * Which places can be filled when each person fills one at most: a maximum matching of people and
 * places, by augmenting paths. Cost: O(places² × people).
 *
 * Source: Kuhn, "The Hungarian method for the assignment problem" (1955), bipartite case.
 */
export function placesFilled(
  places: readonly string[],
  people: readonly (readonly string[])[],
): boolean[] {
  const placeOf = new Map<number, number>()

  function seat(place: number, tried: Set<number>): boolean {
    for (const [person, roles] of people.entries()) {
      if (tried.has(person) || !roles.includes(places[place]!)) continue
      tried.add(person)
      const held = placeOf.get(person)
      if (held === undefined || seat(held, tried)) {
        placeOf.set(person, place)
        return true
      }
    }
    return false
  }

  return places.map((_, place) => seat(place, new Set()))
}
