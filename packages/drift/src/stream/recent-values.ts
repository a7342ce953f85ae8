/** The last values of a stream, at most as many as there is room for. */
export interface RecentValues {
  readonly room: Float64Array
  /** Where the next value goes; where the oldest is once the room is full. */
  next: number
  count: number
}

export function recentValues(size: number, values: readonly number[] = []): RecentValues {
  const room = new Float64Array(size)
  room.set(values)
  return { room, next: values.length % size, count: values.length }
}

/** Puts a value in and returns the one that had to go, or undefined while there was room. */
export function pushRecent(recent: RecentValues, value: number): number | undefined {
  const { room, next } = recent
  const gone = recent.count === room.length ? room[next]! : undefined
  room[next] = value
  recent.next = next + 1 === room.length ? 0 : next + 1
  if (gone === undefined) recent.count++
  return gone
}

/** The value `age` places behind the oldest one. */
export function recentAt({ room, next, count }: RecentValues, age: number): number {
  const at = count === room.length ? next + age : age
  return room[at < room.length ? at : at - room.length]!
}

/** The values, the oldest first. */
export function recentList(recent: RecentValues): number[] {
  return Array.from({ length: recent.count }, (_, age) => recentAt(recent, age))
}
