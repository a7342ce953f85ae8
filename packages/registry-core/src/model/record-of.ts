import * as z from 'zod'

const PROTO = '__proto__'

/**
 * A record under keys of any name. Zod's own leaves out `__proto__` without a word; here it is a key like
 * the others: an own property of a plain object, whose prototype stays what it was.
 */
export function recordOf<Value extends z.ZodType>(key: z.ZodString, value: Value) {
  const others = z.record(key, value)
  type Input = Readonly<Record<string, z.input<Value>>>
  type Output = Record<string, z.output<Value>>
  return z.custom<Input>().transform((input, { issues }): Output => {
    // Also of a key that is absent and may be: an issue is cheap, an error is not.
    if (typeof input !== 'object' || input === null) {
      issues.push({ code: 'invalid_type', expected: 'record', input })
      return z.NEVER
    }
    const parsed = others.safeParse(input)
    const own =
      parsed.success && Object.hasOwn(input, PROTO) ? value.safeParse(input[PROTO]) : undefined
    if (parsed.success && own?.success !== false) {
      if (!own) return parsed.data as Output
      return Object.fromEntries([...Object.entries(parsed.data), [PROTO, own.data]]) as Output
    }
    const faults = [
      ...(parsed.error?.issues ?? []),
      ...(own?.error?.issues ?? []).map(({ path, message }) => ({
        path: [PROTO, ...path],
        message,
      })),
    ]
    for (const { path, message } of faults) issues.push({ code: 'custom', path, message, input })
    return z.NEVER
  })
}
