import type { Renderable } from './render.ts'
import { toHtmlFragment, toMarkdown } from './render.ts'

const JUPYTER = Symbol.for('Jupyter.display')

/** What a notebook cell shows: HTML where it can, Markdown and plain text elsewhere. */
export interface Displayed {
  readonly 'text/html': string
  readonly 'text/markdown': string
  readonly 'text/plain': string
}

/**
 * Results for a notebook cell, with their drawings: make it the last expression of a cell of Deno's
 * Jupyter kernel. Without it a result shows its own summary, a table without drawings.
 *
 * @throws as `toHtml`.
 * @example
 * ```ts
 * import { compare } from '@mlops/drift'
 * import { forNotebook } from '@mlops/report'
 *
 * const ages = Array.from({ length: 100 }, (_, i) => 20 + (i % 50))
 * const cell = forNotebook(compare({ age: ages }, { age: ages }))
 * console.log(Object.keys(cell[Symbol.for('Jupyter.display')]!()))
 * // [ 'text/html', 'text/markdown', 'text/plain' ]
 * ```
 */
export function forNotebook(
  results: Renderable | readonly Renderable[],
): Readonly<Record<symbol, () => Displayed>> {
  return {
    [JUPYTER]: () => {
      const markdown = toMarkdown(results)
      return {
        'text/html': toHtmlFragment(results),
        'text/markdown': markdown,
        'text/plain': markdown,
      }
    },
  }
}
