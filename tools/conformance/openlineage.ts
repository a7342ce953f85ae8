import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { judgeEvent } from '@mlops/lineage'
import type { ConformanceCase } from './case.ts'

interface IndexEntry {
  readonly file: string
  readonly kind: string
  readonly coreErrors: readonly string[]
  readonly facetErrors: readonly string[]
}

/**
 * The cases of an OpenLineage corpus (a folder with `index.json`, `negative/` and `spec/tests/`): which events
 * break the core schema and which a facet's, as the index says; every negative event must be refused, and
 * the facets of the specification's own fixtures accepted.
 */
export function openLineageCases(folder: string): ConformanceCase[] {
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown
  const outline = (method: string, id: string, expected: unknown, actual: () => unknown) => ({
    file: 'openlineage',
    id,
    method,
    expected,
    tolerance: 0,
    actual,
  })
  const { events } = read('index.json') as { events: readonly IndexEntry[] }
  const indexed = events.flatMap(({ file, kind, coreErrors, facetErrors }) => {
    const expected = { kind: true, broken: coreErrors.length > 0 }
    return [
      outline('core schema', file, expected, () => {
        const verdict = judgeEvent(read(file))
        return {
          kind: kind.toLowerCase().startsWith(verdict.kind),
          broken: verdict.core.length > 0,
        }
      }),
      outline('facet schemas', file, facetErrors.length > 0, () => {
        return judgeEvent(read(file)).facets.length > 0
      }),
    ]
  })
  const negative = readdirSync(join(folder, 'negative'))
    .sort()
    .map((name) =>
      outline('negative events are refused', `negative/${name}`, true, () => {
        const { core, facets } = judgeEvent(read(join('negative', name)))
        return core.length + facets.length > 0
      }),
    )
  const fixtures = readdirSync(join(folder, 'spec/tests'))
    .sort()
    .flatMap((title) => {
      const scope = /(Input|Output)?(Run|Job|Dataset)Facet$/.exec(title)
      if (!scope) return []
      return readdirSync(join(folder, 'spec/tests', title)).map((name) =>
        outline('facet fixtures are accepted', `spec/tests/${title}/${name}`, [], () => {
          const facets = read(join('spec/tests', title, name))
          return judgeEvent(around(facets, scope[1] ?? scope[2]!)).facets
        }),
      )
    })
  return [...indexed, ...negative, ...fixtures]
}

/** An event with the facets in the place that their kind belongs to. */
function around(facets: unknown, scope: string): unknown {
  const dataset = { namespace: 'n', name: 'd' }
  switch (scope) {
    case 'Run':
      return { run: { facets } }
    case 'Job':
      return { job: { facets } }
    case 'Input':
      return { job: {}, inputs: [{ ...dataset, inputFacets: facets }] }
    case 'Output':
      return { job: {}, outputs: [{ ...dataset, outputFacets: facets }] }
    default:
      return { dataset: { ...dataset, facets } }
  }
}
