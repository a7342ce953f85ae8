/** A method of a registry, and by which path it is found: `models.create`. */
export interface FoundMethod {
  readonly name: string
  readonly call: (...args: readonly unknown[]) => unknown
}

/** Every method that a registry has, found by looking: its own, and those of its parts. */
export function methodsOf(part: object, path = ''): FoundMethod[] {
  return Object.entries(part).flatMap(([key, member]): FoundMethod[] => {
    const name = `${path}${key}`
    if (typeof member === 'function') return [{ name, call: (...args) => member(...args) }]
    const isPart = typeof member === 'object' && member !== null
    return isPart ? methodsOf(member, `${name}.`) : []
  })
}
