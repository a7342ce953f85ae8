import type { EventKind, Facets, OpenLineageEvent } from './event.ts'
import { eventKind, eventSchemas } from './event.ts'
import type { FacetScope } from './facets.ts'
import { facetSchema } from './facets.ts'
import { isInstant, sortableInstant } from './instant.ts'

/** One fault of an event. */
export interface EventIssue {
  readonly path: string
  readonly message: string
}

/** What is wrong with an event: against the core schema, and against its facets' schemas. */
export interface EventVerdict {
  readonly kind: EventKind
  readonly core: readonly EventIssue[]
  readonly facets: readonly EventIssue[]
}

/**
 * Judges an event against OpenLineage 2-0-2 and the facets that the specification defines (what
 * they require, not every detail). Custom facets pass.
 *
 * @example
 * ```ts
 * import { judgeEvent } from '@mlops/lineage'
 *
 * console.log(judgeEvent({ job: { namespace: 'n', name: 'j' } }).core.map(({ path }) => path))
 * // [ 'eventTime', 'producer', 'schemaURL' ]
 * ```
 */
export function judgeEvent(event: unknown): EventVerdict {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    return { kind: 'job', core: [{ path: '', message: 'an event is a JSON object' }], facets: [] }
  }
  const kind = eventKind(event)
  const parsed = eventSchemas[kind].safeParse(event)
  const core = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const facets: EventIssue[] = []
  for (const { scope, path, value } of facetsOf(event as never)) {
    for (const [name, facet] of Object.entries(value)) {
      const issues = facetSchema(scope, name)?.safeParse(facet).error?.issues ?? []
      for (const issue of issues) {
        facets.push({ path: [path, name, ...issue.path].join('.'), message: issue.message })
      }
    }
  }
  return { kind, core, facets }
}

/**
 * Fills in what real producers forget, as far as it can be known: a missing `schemaURL`, a time
 * without offset (taken as UTC), missing `_producer` and `_schemaURL` of facets, a run id that is no
 * UUID (kept as it is), facets that break their schema (kept as they are). Says what it did.
 * The rest is left for {@link judgeEvent} to refuse.
 */
export function mendEvent(event: object): {
  readonly event: OpenLineageEvent
  readonly mended: readonly EventIssue[]
} {
  const mended: EventIssue[] = []
  const copy = structuredClone(event) as Record<string, unknown>
  const set = (path: string, message: string, apply: () => void) => {
    apply()
    mended.push({ path, message })
  }
  if (copy['schemaURL'] === undefined) {
    set('schemaURL', 'missing: the one of the event kind was assumed', () => {
      copy['schemaURL'] = schemaUrlOf(eventKind(event))
    })
  }
  const time = copy['eventTime']
  const instant = typeof time === 'string' && !isInstant(time) ? sortableInstant(time) : undefined
  if (instant !== undefined) {
    set('eventTime', 'without offset: taken as UTC', () => {
      copy['eventTime'] = instant
    })
  }
  for (const { path, value } of facetsOf(copy as never)) {
    for (const [name, facet] of Object.entries(value) as [string, Record<string, unknown>][]) {
      if (typeof facet !== 'object' || facet === null) continue
      for (const [member, fallback] of [
        ['_producer', copy['producer']],
        ['_schemaURL', copy['schemaURL']],
      ] as const) {
        if (facet[member] !== undefined) continue
        set(`${path}.${name}.${member}`, "missing: the event's was assumed", () => {
          facet[member] = fallback
        })
      }
    }
  }
  return { event: copy as never, mended }
}

/** The schema URL of an event kind. */
export function schemaUrlOf(kind: EventKind): string {
  const name = { run: 'RunEvent', dataset: 'DatasetEvent', job: 'JobEvent' }[kind]
  return `https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/${name}`
}

interface FoundFacets {
  readonly scope: FacetScope
  readonly path: string
  readonly value: Facets
}

/** Every set of facets in an event that may be malformed anywhere. */
function facetsOf(event: {
  run?: { facets?: unknown }
  job?: { facets?: unknown }
  dataset?: { facets?: unknown }
  inputs?: unknown
  outputs?: unknown
}): FoundFacets[] {
  const found: FoundFacets[] = []
  const take = (scope: FacetScope, path: string, value: unknown) => {
    if (typeof value === 'object' && value !== null)
      found.push({ scope, path, value: value as Facets })
  }
  take('run', 'run.facets', event.run?.facets)
  take('job', 'job.facets', event.job?.facets)
  take('dataset', 'dataset.facets', event.dataset?.facets)
  for (const [side, own, scope] of [
    ['inputs', 'inputFacets', 'input'],
    ['outputs', 'outputFacets', 'output'],
  ] as const) {
    const datasets = event[side]
    if (!Array.isArray(datasets)) continue
    for (const [at, dataset] of (datasets as Record<string, unknown>[]).entries()) {
      take('dataset', `${side}.${at}.facets`, dataset?.['facets'])
      take(scope, `${side}.${at}.${own}`, dataset?.[own])
    }
  }
  return found
}
