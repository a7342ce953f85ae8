import { createProfiler, type NumericProfile } from '@mlops/drift/profile'
import {
  alignHistograms,
  type Bucket,
  chiSquare,
  countBins,
  equalCountRanges,
  explicitBinning,
  hellinger,
  histogramBinning,
  jensenShannonDistance,
  jensenShannonDivergence,
  type KllSketch,
  kllSteps,
  ksDistance,
  ksFiniteSample,
  quantiles,
  rebinHistogram,
} from '@mlops/stats'
import type { Method, RawCase } from './case.ts'

type Cell = number | string | null
/** A side of a case as values. */
type Side = (given: unknown) => readonly Cell[]

/** The methods of drift.json that work on profiles and histograms. */
export function profileMethods(side: Side): Readonly<Record<string, Method>> {
  const sides = ({ input }: RawCase) => [side(input['reference']), side(input['current'])] as const
  const sketches = (raw: RawCase) =>
    sides(raw).map((values) => {
      const profiler = createProfiler({ types: { x: 'numeric' } })
      profiler.addTable({ x: values })
      return (profiler.profile().columns[0] as NumericProfile).quantiles
    }) as [KllSketch, KllSketch]

  return {
    equal_count_bin_edges: ({ input }) => equalCountRanges(input['n'], { bins: input['bins'] }),
    hellinger_from_profiles: (raw) => {
      const [r, c] = sketches(raw)
      const edges = whylogsEdges(r, c, raw.params)
      return hellinger(massBetween(r, edges), massBetween(c, edges))
    },
    js_distance_smoothed_hist_cdf: (raw) => {
      const [r, c] = sides(raw) as [number[], number[]]
      const bins: number = raw.params['num_bins'] ?? 10
      const low = Math.min(...r, ...c)
      const span = Math.max(...r, ...c) - low
      const edges = Array.from({ length: bins }, (_, i) => low + (span * i) / (bins - 1))
      const [p, q] = [r, c].map((values) => rebinHistogram(numpyAuto(values), edges))
      return jensenShannonDistance(p!, q!, { base: Math.E })
    },
    js_divergence_base2_histograms: ({ input }) => {
      const [r, c] = [input['reference'], input['current']].map((given) => ({
        buckets: (given.buckets as unknown[][]).map(
          (bucket) => bucket.map(Number) as unknown as Bucket,
        ),
        missing: given.num_nan as number,
      }))
      const { reference, current } = alignHistograms(r!, c!)
      return jensenShannonDivergence(reference, current)
    },
    ks_from_profiles_category: (raw) => categoryOf(ksP(...sketches(raw))),
    profile_drift_category: (raw) => {
      const [r, c] = sides(raw)
      const isText = [...r, ...c].some((value) => typeof value === 'string')
      return categoryOf(isText ? itemsP(r, c) : ksP(...sketches(raw)))
    },
  }
}

function categoryOf(p: number): string {
  return p < 0.05 ? 'DRIFT' : p < 0.15 ? 'POSSIBLE_DRIFT' : 'NO_DRIFT'
}

/** whylogs: the asymptotic law of the finite sample, at any size. */
function ksP(r: KllSketch, c: KllSketch): number {
  const expand = (sketch: KllSketch) => {
    const { values, upTo } = kllSteps(sketch)
    return [...values].flatMap((x, i) => new Array<number>(upTo[i]! - (upTo[i - 1] ?? 0)).fill(x))
  }
  const d = ksDistance(expand(r), expand(c))
  return ksFiniteSample.sf(d, Math.max(1, Math.round((r.n * c.n) / (r.n + c.n))))
}

/** whylogs: goodness of fit with truncated expected counts; a new category has p = 0. */
function itemsP(reference: readonly Cell[], current: readonly Cell[]): number {
  const items = (values: readonly Cell[]) => {
    const profiler = createProfiler({ types: { x: 'categorical' } })
    profiler.addTable({ x: values })
    const [column] = profiler.profile().columns
    return new Map('items' in column! ? column.items.items : [])
  }
  const [r, c] = [items(reference), items(current)]
  const total = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].reduce((sum, n) => sum + n, 0)
  let statistic = 0
  for (const item of new Set([...c.keys(), ...r.keys()])) {
    const expected = Math.trunc(((r.get(item) ?? 0) / total(r)) * total(c))
    if (expected === 0) return 0
    statistic += ((c.get(item) ?? 0) - expected) ** 2 / expected
  }
  return chiSquare.sf(statistic, Math.max(1, c.size - 1))
}

/** whylogs: equal buckets over the pooled range, on average at least so many values in each. */
function whylogsEdges(r: KllSketch, c: KllSketch, params: RawCase['params']): number[] {
  const start = Math.min(r.min!, c.min!)
  const top = Math.max(r.max!, c.max!)
  const end = top + (top === 0 ? 1e-7 : Math.abs(top) * 1e-7)
  const wanted = Math.min(
    Math.ceil((r.n + c.n) / params['hist_avg_number_per_bucket']),
    params['max_hist_buckets'],
  )
  const buckets = Math.max(wanted, params['min_n_buckets'])
  return Array.from({ length: buckets + 1 }, (_, i) => start + (i * (end - start)) / buckets)
}

function massBetween(sketch: KllSketch, edges: readonly number[]): number[] {
  const { values, upTo } = kllSteps(sketch)
  const mass = new Array<number>(edges.length + 1).fill(0)
  values.forEach((x, i) => {
    mass[edges.filter((edge) => edge <= x).length]! += upTo[i]! - (upTo[i - 1] ?? 0)
  })
  return mass
}

/** numpy's `bins="auto"`: the narrower of Sturges' and Freedman-Diaconis' bins. */
function numpyAuto(values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const sturges = histogramBinning(values, 'sturges').innerEdges.length + 1
  const [q1, q3] = quantiles(values, [0.25, 0.75]) as [number, number]
  const width = (2 * (q3 - q1)) / Math.cbrt(values.length)
  const bins = Math.max(sturges, width > 0 ? Math.ceil((high - low) / width) : 1)
  const edges = Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins)
  const { counts } = countBins(explicitBinning(edges.slice(1, -1)), values)
  return {
    buckets: counts.map((count, i): Bucket => [edges[i]!, edges[i + 1]!, count]),
  }
}
