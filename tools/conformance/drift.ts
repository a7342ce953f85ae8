import {
  andersonDarlingKSample,
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  brunnerMunzel,
  chiSquareContingency,
  chiSquareGoodnessOfFit,
  countBins,
  cramerVonMises,
  energyDistance,
  eppsSingleton,
  equalWidthBinning,
  fisherExact,
  hellinger,
  histogramBinning,
  hochberg,
  holm,
  hommel,
  jensenShannonDistance,
  jensenShannonDivergence,
  kl,
  ksDistance,
  ksFiniteSample,
  ksTwoSampleTest,
  kuiperDistance,
  levene,
  lInfinity,
  mannWhitney,
  type Proportion,
  psi,
  quantileBinning,
  quantiles,
  type Smoothing,
  shares,
  sidak,
  smoothingPresets,
  studentTTest,
  totalVariation,
  twoProportionZ,
  wasserstein1,
  wasserstein1Normed,
  welchT,
} from '@mlops/stats'
import type { Method, RawCase } from './case.ts'
import { columnMethods } from './columns.ts'
import { performanceMethods } from './evaluate.ts'
import { multivariateMethods } from './multivariate.ts'
import { profileMethods } from './profiles.ts'
import { streamMethods } from './streams.ts'

type Cell = number | string | null
type Side = readonly Cell[]

/** The methods of drift.json that the library answers, given the file's shared data sets and its folder. */
export function driftMethods(
  datasets: Readonly<Record<string, readonly number[]>>,
  folder: string,
): Readonly<Record<string, Method>> {
  /** A side of a case as values: a list, repeated values, a range or a shared data set. */
  const side = (given: unknown): Side => {
    if (Array.isArray(given)) return given
    const { value_counts, range, dataset } = given as {
      value_counts?: { values: Cell[]; counts: number[] }
      range?: [number, number]
      dataset?: string
    }
    if (dataset !== undefined) return datasets[dataset]!
    if (range) return Array.from({ length: range[1] - range[0] }, (_, i) => range[0] + i)
    return value_counts!.values.flatMap((v, i) => new Array<Cell>(value_counts!.counts[i]!).fill(v))
  }
  const samples = ({ input }: RawCase): [number[], number[]] => [
    side(input['reference']) as number[],
    side(input['current']) as number[],
  ]
  /** Counts of both sides over the union of their categories; nulls are dropped. */
  const counts = ({ input }: RawCase): [number[], number[]] => {
    const [r, c] = [input['reference'], input['current']].map((given) => weights(given, side))
    const all = [...new Set([...r!.keys(), ...c!.keys()])]
    return [all.map((k) => r!.get(k) ?? 0), all.map((k) => c!.get(k) ?? 0)]
  }
  /** As `counts`, with every category unknown to the reference pooled into one. */
  const pooledUnseen = (raw: RawCase): [number[], number[]] => {
    const [r, c] = counts(raw)
    const unseen = c.filter((_, i) => r[i] === 0).reduce((a, b) => a + b, 0)
    return [
      [...r.filter((v) => v > 0), 0],
      [...c.filter((_, i) => r[i]! > 0), unseen],
    ]
  }
  /** Counts in bins fitted on the reference by Doane's rule; the rest in one bin. */
  const doane = (raw: RawCase): [readonly number[], readonly number[]] => {
    const [r, c] = samples(raw)
    const binning = histogramBinning(r, 'doane', { outside: 'own-bin' })
    return [countBins(binning, r).counts, countBins(binning, c).counts]
  }
  const overUnion = (raw: RawCase): [readonly number[], readonly number[]] => {
    const [r, c] = samples(raw)
    const binning = equalWidthBinning([...r, ...c], { bins: raw.params['n_bins'] })
    return [countBins(binning, r).counts, countBins(binning, c).counts]
  }
  /** Evidently's bins: Sturges over both sides if the reference has more than 20 distinct values. */
  const evidently = (raw: RawCase): [readonly number[], readonly number[]] => {
    const [r, c] = samples(raw)
    if (typeof r[0] !== 'number' || new Set(r).size <= 20) return counts(raw)
    const binning = histogramBinning([...r, ...c], 'sturges')
    return [countBins(binning, r).counts, countBins(binning, c).counts]
  }
  const proportions = (raw: RawCase): [Proportion, Proportion] => {
    const { input } = raw
    if ('x_ref' in input) {
      return [
        { successes: input['x_ref'], n: input['n_ref'] },
        { successes: input['x_cur'], n: input['n_cur'] },
      ]
    }
    const [r, c] = counts(raw).map(([a = 0, b = 0]) => ({ successes: a, n: a + b }))
    return [r!, c!]
  }
  const table = (raw: RawCase) => raw.input['table'] ?? counts(raw)
  const tested = ({ statistic, pValue }: { statistic: number | null; pValue: number | null }) => ({
    statistic,
    p_value: pValue,
  })
  const tTest = (test: typeof welchT) => (raw: RawCase) => tested(test(...samples(raw)))
  const mannWhitneyOf = (raw: RawCase) =>
    tested(mannWhitney(...samples(raw), { alternative: raw.params['alternative'] ?? 'two-sided' }))

  return {
    ...columnMethods({ counts, samples, overUnion }),
    ...multivariateMethods(datasets),
    ...performanceMethods,
    ...streamMethods(datasets, folder),
    ...profileMethods(side),
    anderson_darling_ksamp: (raw) => tested(andersonDarlingKSample(samples(raw))),
    brunner_munzel: (raw) => {
      const { statistic, pValue } = brunnerMunzel(...samples(raw))
      // scipy's sign is that of the second sample.
      return { statistic: -statistic!, p_value: pValue }
    },
    chi2_contingency: (raw) => {
      const yates = raw.params['yates_for_2x2'] === true || raw.params['yates'] === true
      const result = chiSquareContingency(table(raw), { correction: yates ? 'yates' : 'none' })
      return { ...tested(result), dof: result.degreesOfFreedom, min_expected: result.minExpected }
    },
    chisquare_gof_scaled: (raw) => {
      const [r, c] = counts(raw)
      return tested(chiSquareGoodnessOfFit(c, { weights: r }))
    },
    cramer_von_mises_2samp: (raw) => tested(cramerVonMises(...samples(raw))),
    emd_minmax_scaled: (raw) => minMaxScaled(...samples(raw), raw.params['margin_quantile_filter']),
    energy_distance: (raw) => energyDistance(...samples(raw)),
    epps_singleton: (raw) => tested(eppsSingleton(...samples(raw))),
    fdr_bh_any: ({ input, params }) => {
      const { constant, n } = input['p_values']
      // Alibi rejects strictly below; at equality our <= differs on purpose, so compare with <.
      const { adjusted } = benjaminiHochberg(new Array(n).fill(constant), { alpha: params['q'] })
      const drift = adjusted.some((p) => p < params['q'])
      return drift ? { drift, threshold: params['q'] } : { drift }
    },
    fisher_exact_2x2: (raw) => {
      const [r, c] = counts(raw)
      return tested(fisherExact([r as [number, number], c as [number, number]]))
    },
    g_test_contingency: (raw) => tested(chiSquareContingency(table(raw), { statistic: 'g' })),
    g_test_gof: (raw) => {
      const [r, c] = counts(raw)
      return tested(chiSquareGoodnessOfFit(c, { weights: r, statistic: 'g' }))
    },
    hellinger_binned: (raw) => hellinger(...overUnion(raw)),
    hellinger_categorical: (raw) => hellinger(...pooledUnseen(raw)),
    hellinger_continuous: (raw) => hellinger(...doane(raw)),
    hellinger_evidently: (raw) => {
      const [r, c] = samples(raw)
      const binning = histogramBinning([...new Set([...r, ...c])], 'sturges')
      return hellinger(countBins(binning, r).counts, countBins(binning, c).counts)
    },
    histogram_bin_edges: ({ input, params }) => {
      const binning = histogramBinning(side(input['values']) as number[], params['rule'])
      const [low, high] = binning.range!
      return { n_bins: binning.innerEdges.length + 1, edges: [low, ...binning.innerEdges, high] }
    },
    histogram_intersection_complement: (raw) => totalVariation(...overUnion(raw)),
    js_distance: (raw) => jensenShannonDistance(...counts(raw), { base: base(raw) }),
    js_distance_base2_categorical: (raw) => jensenShannonDistance(...pooledUnseen(raw)),
    js_distance_base2_continuous: (raw) => jensenShannonDistance(...doane(raw)),
    js_distance_base2_from_counts: ({ input }) => {
      const [r, c] = [input['reference_probs'], input['current_probs']] as [number[], number[]]
      return jensenShannonDistance(r, c)
    },
    js_distance_evidently: (raw) => jensenShannonDistance(...evidently(raw), { base: Math.E }),
    js_divergence_base2_counts: (raw) => jensenShannonDivergence(...counts(raw)),
    kl_cur_ref: (raw) => evidentlyKl(counts(raw), 'current||reference'),
    kl_current_vs_reference: (raw) =>
      kl(...overUnion({ ...raw, params: { n_bins: 10 } }), {
        direction: 'current||reference',
        smoothing: smoothingPresets.none,
      }),
    kl_evidently: (raw) => evidentlyKl(evidently(raw), 'reference||current'),
    ks_2samp: (raw) => {
      const method = String(raw.params['method'])
      const result = ksTwoSampleTest(...samples(raw), {
        alternative: raw.params['alternative'] ?? 'two-sided',
        pValueBy: method.startsWith('asymp')
          ? 'asymptotic'
          : method.startsWith('auto')
            ? 'auto'
            : 'exact',
      })
      return { ...tested(result), location: result.location, sign: result.sign }
    },
    ks_asymptotic_p: ({ input }) => {
      const { d, n1, n2 } = input as { d: number; n1: number; n2: number }
      return ksFiniteSample.sf(d, Math.round((n1 * n2) / (n1 + n2)))
    },
    ks_statistic: (raw) => ksDistance(...samples(raw)),
    kuiper_2samp_statistic: (raw) => {
      const [r, c] = samples(raw)
      return {
        V: kuiperDistance(r, c),
        D_plus: ksTwoSampleTest(r, c, { alternative: 'greater' }).statistic,
        D_minus: ksTwoSampleTest(r, c, { alternative: 'less' }).statistic,
      }
    },
    l_infinity: (raw) => lInfinity(...counts(raw)),
    levene_median: (raw) => tested(levene(samples(raw))),
    mann_whitney_u: mannWhitneyOf,
    multiple_testing: ({ input, params }) => {
      const adjust = {
        bonferroni,
        sidak,
        holm,
        hommel,
        'simes-hochberg': hochberg,
        fdr_bh: benjaminiHochberg,
        fdr_by: benjaminiYekutieli,
      }[params['method'] as string]!
      const { adjusted, rejected } = adjust(input['p_values'], { alpha: params['alpha'] })
      return { adjusted, reject: rejected }
    },
    mwu: mannWhitneyOf,
    psi_binned: (raw) => psi(...overUnion(raw), { smoothing: smoothingPresets.frouros }),
    psi_categorical: (raw) => {
      const { floor, renormalise = false, additive_smoothing: pseudocount } = raw.params
      const smoothing: Smoothing =
        pseudocount === undefined
          ? { rule: 'floor', floor, renormalise }
          : { rule: 'additive', pseudocount }
      return psi(...counts(raw), { smoothing })
    },
    psi_evidently: (raw) => {
      const [r, c] = evidently(raw)
      const value = psi(r, c, { smoothing: smoothingPresets.evidently })
      if (typeof raw.expected === 'number') return value
      const filled = (x: readonly number[]) => Array.from(shares(x), (v) => (v === 0 ? 1e-4 : v))
      return { psi: value, n_bins: r.length, ref_shares: filled(r), cur_shares: filled(c) }
    },
    psi_quantile: (raw) => {
      const [r, c] = samples(raw)
      const binning = quantileBinning(r, { bins: raw.params['n_bins'], closed: 'right' })
      const [a, b] = [countBins(binning, r).counts, countBins(binning, c).counts]
      const smoothing: Smoothing = { rule: 'floor', floor: raw.params['floor'], renormalise: false }
      return {
        psi: psi(a, b, { smoothing }),
        inner_edges: binning.innerEdges,
        ref_shares: shares(a),
        cur_shares: shares(b),
      }
    },
    student_t: tTest(studentTTest),
    student_t_test: tTest(studentTTest),
    total_variation_distance: (raw) => totalVariation(...counts(raw)),
    wasserstein_1: (raw) => wasserstein1(...samples(raw)),
    wasserstein_normed: (raw) => wasserstein1Normed(...samples(raw), { minimumSd: 0.001 }),
    welch_t: tTest(welchT),
    welch_t_test: tTest(welchT),
    z_test_two_proportions: (raw) => {
      const { statistic, pValue } = twoProportionZ(...proportions(raw))
      return { z: statistic, p_value: pValue }
    },
  }
}

function base({ params }: RawCase): number {
  return params['base'] === 'e' ? Math.E : Number(params['base'])
}

/** Evidently's KL: its zero fill, then normalised by the divergence itself. */
function evidentlyKl(
  [r, c]: readonly [readonly number[], readonly number[]],
  direction: 'reference||current' | 'current||reference',
): number {
  return kl(r, c, { direction, smoothing: smoothingPresets.evidently })
}

/** Deepchecks' earth mover's distance: margins cut off at reference quantiles, then scaled jointly to [0, 1]. */
function minMaxScaled(reference: number[], current: number[], margin: number): number {
  const cut = (x: number[]) => {
    if (margin === 0) return x
    const [low, high] = quantiles(x, [margin, 1 - margin]) as [number, number]
    return x.filter((v) => v >= low && v <= high)
  }
  const [r, c] = [cut(reference), cut(current)]
  const low = Math.min(...r, ...c)
  const span = Math.max(...r, ...c) - low
  return span === 0 ? 0 : wasserstein1(r, c) / span
}

/** Categories with their weight: counted values, or a record of weights. */
function weights(given: unknown, side: (given: unknown) => Side): Map<string, number> {
  const record = typeof given === 'object' && given !== null && !Array.isArray(given)
  if (record && !('value_counts' in given) && !('dataset' in given)) {
    return new Map(Object.entries(given as Record<string, number>))
  }
  const found = new Map<string, number>()
  for (const value of side(given)) {
    if (value !== null) found.set(String(value), (found.get(String(value)) ?? 0) + 1)
  }
  // Categories listed with count 0 are bins all the same.
  if (record && 'value_counts' in given) {
    for (const value of (given.value_counts as { values: Cell[] }).values) {
      if (value !== null && !found.has(String(value))) found.set(String(value), 0)
    }
  }
  return found
}
