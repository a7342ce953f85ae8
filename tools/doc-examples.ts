import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { filesBelow, root, workspacePackages } from './workspace.ts'

/** A block of TypeScript that the documentation shows. */
export interface DocExample {
  /** `packages/drift/README.md:12` */
  readonly place: string
  readonly code: string
}

/** Every ```ts block of the README files, of `docs/`, and of the docstrings' `@example`s. */
export function docExamples(): DocExample[] {
  const packages = workspacePackages()
  const markdown = [
    join(root, 'README.md'),
    join(root, 'CONTRIBUTING.md'),
    ...packages.map(({ dir }) => join(dir, 'README.md')),
    ...filesBelow(join(root, 'docs'), (path) => path.endsWith('.md') && !path.includes('/api/')),
    ...filesBelow(join(root, 'examples'), (path) => path.endsWith('.md')),
  ]
  const sources = packages.flatMap(({ dir }) =>
    filesBelow(join(dir, 'src'), (path) => path.endsWith('.ts') && !path.endsWith('.test.ts')),
  )
  return [...markdown, ...sources].flatMap((path) => {
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch {
      return []
    }
    // Inside a docstring every line starts with ` * `.
    const plain = path.endsWith('.ts') ? text.replace(/^ *\* ?/gm, '') : text
    return blocksOf(plain, relative(root, path))
  })
}

function blocksOf(text: string, file: string): DocExample[] {
  const blocks: DocExample[] = []
  for (const match of text.matchAll(/^```(?:ts|typescript)[^\n]*\n([\s\S]*?)^```/gm)) {
    const line = text.slice(0, match.index).split('\n').length + 1
    blocks.push({ place: `${file}:${line}`, code: match[1] ?? '' })
  }
  return blocks
}

/** A block made ready to run: its prints are recorded by line, its promises collected by line. */
export interface RunnableExample {
  readonly source: string
  /** Line of a `console.log` → what its comment says it prints. */
  readonly promised: ReadonlyMap<number, string>
}

/**
 * Turns each `console.log(` into a recorder of its line, and reads what the comment behind the
 * statement, or on the lines right below it, promises.
 */
export function runnable(code: string): RunnableExample {
  const lines = code.split('\n')
  const promised = new Map<number, string>()
  for (let at = 0; at < lines.length; at++) {
    if (!/^\s*(if \(.*\) )?console\.log\(/.test(lines[at]!)) continue
    const end = endOfCall(lines, at)
    const behind = /\)\s*\/\/ ?(.*)$/.exec(lines[end]!)?.[1]
    const below: string[] = []
    for (let next = end + 1; /^\s*\/\/ ?/.test(lines[next] ?? ''); next++) {
      below.push(lines[next]!.replace(/^\s*\/\/ ?/, ''))
    }
    const text = behind ?? (below.length > 0 ? below.join('\n') : undefined)
    if (text !== undefined) promised.set(at + 1, text)
  }
  const source = lines
    .map((line, at) => line.replaceAll('console.log(', `__record(${at + 1}, `))
    .join('\n')
  return {
    source: `declare const __record: (line: number, ...values: unknown[]) => void;${source}`,
    promised,
  }
}

function endOfCall(lines: readonly string[], start: number): number {
  let depth = 0
  let quote = ''
  for (let at = start; at < lines.length; at++) {
    const line = lines[at]!
    for (let i = at === start ? line.indexOf('console.log(') : 0; i < line.length; i++) {
      const char = line[i]!
      if (quote !== '') {
        if (char === '\\') i++
        else if (char === quote) quote = ''
      } else if (char === "'" || char === '"' || char === '`') quote = char
      else if (char === '(') depth++
      else if (char === ')' && --depth === 0) return at
    }
  }
  return start
}

/** Whether what was printed is what was promised: to the letter, but for quotes and white space. */
export function sameOutput(printed: string, promised: string): boolean {
  const plain = (text: string) => text.replace(/['"]/g, '').replace(/\s+/g, ' ').trim()
  return plain(printed) === plain(promised)
}
