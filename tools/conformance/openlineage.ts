import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { judgeEvent } from '@mlops/lineage'

export interface OpenLineageReport {
  readonly passed: number
  readonly failed: number
  readonly unsupported: number
  readonly mismatches: readonly string[]
}

interface IndexEntry {
  readonly file: string
  readonly kind: string
  readonly coreErrors: readonly string[]
  readonly facetErrors: readonly string[]
}

/**
 * Judges every event of an OpenLineage corpus (a directory with `index.json`, `negative/` and
 * `spec/tests/`) and compares with what the index says: which break the core schema, which break a
 * facet's schema. Every negative event must be refused, and the facets of the specification's own
 * fixtures accepted.
 */
export async function run(directory: string): Promise<OpenLineageReport> {
  const mismatches: string[] = []
  let passed = 0
  const expect = (holds: boolean, told: string) => {
    if (holds) passed += 1
    else mismatches.push(told)
  }
  const read = async (file: string) =>
    JSON.parse(await readFile(join(directory, file), 'utf8')) as unknown

  const { events } = (await read('index.json')) as { events: readonly IndexEntry[] }
  for (const { file, kind, coreErrors, facetErrors } of events) {
    const verdict = judgeEvent(await read(file))
    const found = `found ${JSON.stringify([...verdict.core, ...verdict.facets].slice(0, 4))}`
    expect(
      kind.toLowerCase().startsWith(verdict.kind) &&
        verdict.core.length > 0 === coreErrors.length > 0,
      `${file}: expected kind ${kind}, core errors ${JSON.stringify(coreErrors)}; ${found}`,
    )
    expect(
      verdict.facets.length > 0 === facetErrors.length > 0,
      `${file}: expected facet errors ${JSON.stringify(facetErrors)}; ${found}`,
    )
  }
  for (const name of (await readdir(join(directory, 'negative'))).sort()) {
    const { core, facets } = judgeEvent(await read(join('negative', name)))
    expect(core.length + facets.length > 0, `negative/${name}: expected a refusal, found none`)
  }
  for (const title of (await readdir(join(directory, 'spec/tests'))).sort()) {
    const scope = /(Input|Output)?(Run|Job|Dataset)Facet$/.exec(title)
    if (!scope) continue
    for (const name of await readdir(join(directory, 'spec/tests', title))) {
      const facets = await read(join('spec/tests', title, name))
      const issues = judgeEvent(around(facets, scope[1] ?? scope[2]!)).facets
      expect(issues.length === 0, `spec/tests/${title}/${name}: found ${JSON.stringify(issues)}`)
    }
  }
  return { passed, failed: mismatches.length, unsupported: 0, mismatches }
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
