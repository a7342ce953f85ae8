/** Nested deeper than a stack minds. */
const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown

/** What no field within a field should be taken for. */
const fewValues: readonly unknown[] = [
  undefined,
  null,
  '',
  '\u0000',
  '\ud800',
  Number.NaN,
  0.5,
  {},
  Object.create(null),
  [null],
]

/** What no argument, and no field of one, should be taken for. */
export const wrongValues: readonly unknown[] = [
  ...fewValues,
  'x'.repeat(20_000),
  "'; drop table mlops_events; --",
  '../..',
  '__proto__',
  Number.POSITIVE_INFINITY,
  1e308,
  -1,
  Number.MAX_SAFE_INTEGER,
  true,
  7n,
  Symbol('s'),
  [],
  [Object.create(null)],
  [['a']],
  { by: { type: 'human', id: 'ada' } },
  { [Symbol('s')]: 1 },
  new Map([['a', 'b']]),
  new Date(Number.NaN),
  () => null,
  deep,
  { a: deep },
]

type Edit = (right: unknown) => unknown

/** Every way to put one wrong value into arguments: in place of one, or of anything in it. */
export function* wrongEdits(
  args: readonly unknown[],
): Generator<(args: readonly unknown[]) => readonly unknown[]> {
  for (let i = 0; i < Math.max(args.length, 1); i++) {
    for (const edit of editsOf(args[i], wrongValues)) {
      yield (right) => [...right.slice(0, i), edit(right[i]), ...right.slice(i + 1)]
    }
  }
}

function* editsOf(right: unknown, values: readonly unknown[], depth = 0): Generator<Edit> {
  for (const value of values) yield () => value
  const within = depth === 0 ? wrongValues : fewValues
  if (Array.isArray(right)) {
    for (const i of right.keys()) {
      for (const edit of editsOf(right[i], within, depth + 1)) {
        yield (list) => (list as readonly unknown[]).with(i, edit((list as readonly unknown[])[i]))
      }
    }
  } else if (typeof right === 'object' && right !== null) {
    for (const key of Object.keys(right)) {
      for (const edit of editsOf(right[key as never], within, depth + 1)) {
        yield (record) => ({ ...(record as object), [key]: edit((record as never)[key]) })
      }
    }
  }
}
