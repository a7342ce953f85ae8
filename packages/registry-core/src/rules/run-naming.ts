import { invalid } from '@mlops/core'

/** How runs are named. */
export interface RunNaming {
  /**
   * Words and placeholders: `{date}` is the day of the start in UTC as `20260131`; every other one is
   * a tag of the run, in lower-case letters, digits and dashes.
   *
   * @default '{project}-{type}-{date}'
   */
  readonly pattern?: string
  /** Values where a run has no such tag. */
  readonly values?: Readonly<Record<string, string>>
}

export const DEFAULT_PATTERN = '{project}-{type}-{date}'

const WORD = '[a-z0-9]+(?:-[a-z0-9]+)*'
const DATE = '\\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])'
const PLACEHOLDER = /\{([a-z][a-zA-Z0-9]*)\}/g

/** @throws `invalid` `registry.invalid-run-naming` for a pattern or values that are none. */
export function assertRunNaming(naming: RunNaming): void {
  const { pattern = DEFAULT_PATTERN, values = {} } = naming ?? { pattern: '{' }
  const rest = typeof pattern === 'string' ? pattern.replace(PLACEHOLDER, '') : '{'
  const plain = /^[A-Za-z0-9._-]*$/.test(rest) && rest !== pattern
  const wrong = Object.entries(values ?? {}).filter(([, value]) => !isWord(value))
  if (plain && wrong.length === 0) return
  throw invalid(
    'registry.invalid-run-naming',
    plain
      ? `the value of ${wrong[0]![0]} must be lower-case letters, digits and dashes`
      : "the pattern must hold placeholders in braces, and else letters, digits, '.', '_' and '-'",
    { pattern, wrong: wrong.map(([key]) => key) },
  )
}

/** Whether a name has the form of the pattern. */
export function fitsNaming({ pattern = DEFAULT_PATTERN }: RunNaming, name: string): boolean {
  if (name.length > 250) return false
  const source = pattern
    .split(PLACEHOLDER)
    .map((part, at) => {
      if (at % 2 === 1) return part === 'date' ? DATE : WORD
      return part.replace(/[.]/g, '\\.')
    })
    .join('')
  return new RegExp(`^${source}$`).test(name)
}

/**
 * The name of a run by the pattern.
 *
 * @throws `invalid` `registry.run-name` naming the tags that are missing or no words.
 */
export function runNameOf(
  { pattern = DEFAULT_PATTERN, values = {} }: RunNaming,
  { tags, at }: { readonly tags: Readonly<Record<string, string>>; readonly at: string },
): string {
  const missing: string[] = []
  const name = pattern.replace(PLACEHOLDER, (_, key: string) => {
    if (key === 'date') return at.slice(0, 10).replaceAll('-', '')
    const value = Object.hasOwn(tags, key) ? tags[key] : values[key]
    if (isWord(value)) return value
    missing.push(key)
    return ''
  })
  if (missing.length === 0) return name
  throw invalid(
    'registry.run-name',
    `a run named '${pattern}' needs the tags ${missing.join(', ')}, in lower-case letters, digits and dashes`,
    { pattern, missing },
  )
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 100 && new RegExp(`^${WORD}$`).test(value)
}
