import { invalid } from '@mlops/core'

/** What methods are given besides commands: names, numbers, lists and functions. */

/** @throws `invalid` `registry.invalid-argument` */
export function assertText(value: unknown, what: string): asserts value is string {
  if (typeof value !== 'string') throw invalidArgument(what, 'a text', value)
}

/** @throws `invalid` `registry.invalid-argument` */
export function assertList(value: unknown, what: string): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw invalidArgument(what, 'a list', value)
}

/** @throws `invalid` `registry.invalid-argument` */
export function assertTexts(value: unknown, what: string): asserts value is readonly string[] {
  assertList(value, what)
  for (const item of value) assertText(item, `each of ${what}`)
}

/** A version's number; one that no version has is none the less a number. @throws `invalid` `registry.invalid-argument` */
export function assertVersion(value: unknown): asserts value is number {
  if (!Number.isSafeInteger(value)) throw invalidArgument('version', 'a whole number', value)
}

/** @throws `invalid` `registry.invalid-argument` */
export function assertFunction(value: unknown, what: string): void {
  if (typeof value !== 'function') throw invalidArgument(what, 'a function', value)
}

/** Where time and ids come from. @throws `invalid`, with the code of the options that they stand in. */
export function assertPorts(ports: { clock: unknown; ids?: unknown }, code: string): void {
  const needed = { clock: 'now', ids: 'next' } as const
  for (const [port, name] of Object.entries(needed)) {
    const given = ports[port as keyof typeof needed] as Record<string, unknown> | null | undefined
    if ((port === 'ids' && given === undefined) || typeof given?.[name] === 'function') continue
    throw invalid(code, `${port} needs a function ${name}: leave it out for that of the machine`, {
      option: port,
    })
  }
}

function invalidArgument(what: string, wanted: string, value: unknown) {
  const got =
    value === null
      ? 'null'
      : typeof value === 'number'
        ? String(value)
        : `a value of type ${typeof value}`
  return invalid('registry.invalid-argument', `${what} must be ${wanted}, got ${got}`, {
    argument: what,
  })
}
