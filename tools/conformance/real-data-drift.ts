import {
  andersonDarlingKSample,
  chiSquareContingency,
  countBins,
  cramerVonMises,
  describe,
  energyDistance,
  equalWidthBinning,
  hellinger,
  jensenShannonDistance,
  kl,
  ksTwoSampleTest,
  lInfinity,
  mannWhitney,
  type NumericBinning,
  psi,
  quantileBinning,
  smoothedShares,
  smoothingPresets,
  totalVariation,
  wasserstein1,
  wasserstein1Normed,
  welchT,
} from '@mlops/stats'

// biome-ignore lint/suspicious/noExplicitAny: reference results are nested as their sections need.
type Results = Record<string, any>
type Pair<T> = readonly [T, T]

/** What is wanted of a section, and how to get it; `want` undefined where the section lacks it. */
type Answer<T> = (expected: Results, sides: () => Pair<T>) => { want: unknown; get: () => unknown }

/** Methods of the numeric columns. */
export const numericMethods: Readonly<Record<string, Answer<Float64Array>>> = {
  describe: (e, sides) => ({
    want: {
      ref: e['ref'],
      cur: e['cur'],
      n_missing_ref: e['n_missing_ref'],
      n_missing_cur: e['n_missing_cur'],
    },
    get: () => {
      const [ref, cur] = sides().map(described) as [Results, Results]
      return { ref, cur, n_missing_ref: ref['missing'], n_missing_cur: cur['missing'] }
    },
  }),
  ks: (e, sides) => ({
    want: dropNull(e['ks'], 'p_exact'),
    get: () => ks(...sides(), e['ks']['p_exact'] !== null),
  }),
  wasserstein: (e, sides) => ({ want: e['wasserstein'], get: () => wasserstein1(...sides()) }),
  wasserstein_over_ref_std: (e, sides) => ({
    want: e['wasserstein_over_ref_std'],
    get: () => wasserstein1Normed(...sides()),
  }),
  energy: (e, sides) => ({ want: e['energy_distance'], get: () => energyDistance(...sides()) }),
  mannwhitney: (e, sides) => ({ want: e['mannwhitney'], get: () => ranks(...sides()) }),
  anderson_ksamp: (e, sides) => ({
    want: e['anderson_ksamp'],
    get: () => anderson(...sides()),
  }),
  cvm: (e, sides) => ({
    want: e['cramer_von_mises'],
    get: () => {
      const { statistic, pValue } = cramerVonMises(...sides(), { pValueBy: 'asymptotic' })
      return { statistic, p: pValue }
    },
  }),
  welch: (e, sides) => ({
    want: e['welch'],
    get: () => {
      const { statistic, pValue } = welchT(...sides())
      return { t: statistic, p: pValue }
    },
  }),
  quantile_bins: (e, sides) => ({
    want: e['quantile_bins'],
    get: () => binned(quantileBinning(sides()[0], { bins: 10 }), ...sides()),
  }),
  width_bins: (e, sides) => ({
    want: e['width_bins'],
    get: () => binned(equalWidthBinning(sides()[0], { bins: 10 }), ...sides()),
  }),
}

/** Methods of the categorical columns. */
export const categoricalMethods: Readonly<Record<string, Answer<readonly string[]>>> = {
  counts: (e, sides) => ({
    want: { categories: e['categories'], ref_counts: e['ref_counts'], cur_counts: e['cur_counts'] },
    get: () => table(sides()),
  }),
  chi2: (e, sides) => ({
    want: pick(e, ['chi2', 'p', 'dof', 'min_expected', 'chi2_yates', 'p_yates']),
    get: () => chi2(sides()),
  }),
  G: (e, sides) => ({ want: pick(e, ['g', 'g_p']), get: () => chi2(sides()) }),
  cramers_v: (e, sides) => ({
    want: pick(e, ['cramers_v', 'cramers_v_bias_corrected']),
    get: () => chi2(sides()),
  }),
  categorical_distances: (e, sides) => ({
    want: pick(e, [
      'psi',
      'js_distance',
      'js_distance_clipped',
      'kl_ref_cur',
      'kl_cur_ref',
      'total_variation',
      'hellinger',
      'linf',
    ]),
    get: () => {
      const { ref_counts, cur_counts } = table(sides())
      return {
        ...histogramDistances(ref_counts, cur_counts),
        linf: lInfinity(ref_counts, cur_counts),
      }
    },
  }),
}

function described(values: Float64Array): Results {
  const d = describe(values)
  const present = values.filter((v) => !Number.isNaN(v))
  return { ...d, var: d.variance, missing: d.dropped, n_distinct: new Set(present).size }
}

function ks(reference: Float64Array, current: Float64Array, exact: boolean): Results {
  const asymptotic = ksTwoSampleTest(reference, current, { pValueBy: 'asymptotic' })
  return {
    statistic: asymptotic.statistic,
    p_asymp: asymptotic.pValue,
    location: asymptotic.location,
    sign: asymptotic.sign,
    ...(exact
      ? { p_exact: ksTwoSampleTest(reference, current, { pValueBy: 'exact' }).pValue }
      : {}),
  }
}

function ranks(reference: Float64Array, current: Float64Array): Results {
  const corrected = mannWhitney(reference, current, { pValueBy: 'normal' })
  const plain = mannWhitney(reference, current, { pValueBy: 'normal', correction: 'none' })
  return {
    u_ref: corrected.statistic,
    p_continuity: corrected.pValue,
    p_no_continuity: plain.pValue,
  }
}

function anderson(reference: Float64Array, current: Float64Array): Results {
  const midrank = andersonDarlingKSample([reference, current])
  const right = andersonDarlingKSample([reference, current], { ties: 'right' })
  return {
    statistic_midrank: midrank.statistic,
    statistic_right: right.statistic,
    critical_values: midrank.criticalValues,
    significance_level: midrank.pValue,
  }
}

function binned(binning: NumericBinning, reference: Float64Array, current: Float64Array): Results {
  const r = countBins(binning, reference).counts
  const c = countBins(binning, current).counts
  return {
    edges: [null, ...binning.innerEdges, null],
    ref_counts: r,
    cur_counts: c,
    ...histogramDistances(r, c),
  }
}

function histogramDistances(r: readonly number[], c: readonly number[]): Results {
  const clipped = smoothedShares(r, c, smoothingPresets.floorRenormalised)
  return {
    psi: psi(r, c),
    js_distance: jensenShannonDistance(r, c),
    js_distance_clipped: jensenShannonDistance(clipped.reference, clipped.current),
    kl_ref_cur: kl(r, c, { direction: 'reference||current' }),
    kl_cur_ref: kl(r, c, { direction: 'current||reference' }),
    total_variation: totalVariation(r, c),
    hellinger: hellinger(r, c),
  }
}

/** 2 × K counts over the union of the categories in code-point order; a missing cell is a category. */
function table([reference, current]: Pair<readonly string[]>) {
  const count = (cells: readonly string[]) => {
    const found = new Map<string, number>()
    for (const cell of cells) {
      const category = cell === '' ? '__missing__' : cell
      found.set(category, (found.get(category) ?? 0) + 1)
    }
    return found
  }
  const [r, c] = [count(reference), count(current)]
  const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
  const categories = [...new Set([...r.keys(), ...c.keys()])].sort(byCodePoint)
  return {
    categories,
    ref_counts: categories.map((k) => r.get(k) ?? 0),
    cur_counts: categories.map((k) => c.get(k) ?? 0),
  }
}

function chi2(sides: Pair<readonly string[]>): Results {
  const { ref_counts, cur_counts } = table(sides)
  const plain = chiSquareContingency([ref_counts, cur_counts])
  const yates = chiSquareContingency([ref_counts, cur_counts], { correction: 'yates' })
  const g = chiSquareContingency([ref_counts, cur_counts], { statistic: 'g' })
  return {
    chi2: plain.statistic,
    p: plain.pValue,
    dof: plain.degreesOfFreedom,
    min_expected: plain.minExpected,
    chi2_yates: yates.statistic,
    p_yates: yates.pValue,
    g: g.statistic,
    g_p: g.pValue,
    cramers_v: plain.cramersV,
    cramers_v_bias_corrected: plain.cramersVBiasCorrected,
  }
}

/** The first n present values. */
export function firstPresent(values: Float64Array, n: number): Float64Array {
  return values.filter((v) => !Number.isNaN(v)).subarray(0, n)
}

/** The numeric methods again on two short windows. */
export function smallWindow(
  reference: Float64Array,
  current: Float64Array,
  expected: Results,
): Results {
  const u = mannWhitney(reference, current, { pValueBy: 'normal' })
  const exact = expected['mannwhitney']['p_exact'] !== null
  return {
    n_ref: reference.length,
    n_cur: current.length,
    ties: new Set([...reference, ...current]).size < reference.length + current.length,
    ks: ks(reference, current, true),
    wasserstein: wasserstein1(reference, current),
    energy_distance: energyDistance(reference, current),
    mannwhitney: {
      u_ref: u.statistic,
      p_continuity: u.pValue,
      ...(exact ? { p_exact: mannWhitney(reference, current, { pValueBy: 'exact' }).pValue } : {}),
    },
    anderson_ksamp: anderson(reference, current),
  }
}

function pick(from: Results, keys: readonly string[]): Results | undefined {
  const found = Object.fromEntries(
    keys.filter((k) => from[k] !== undefined && from[k] !== null).map((k) => [k, from[k]]),
  )
  return Object.keys(found).length === 0 ? undefined : found
}

function dropNull(from: Results, key: string): Results {
  const { [key]: value, ...rest } = from
  return value === null ? rest : from
}
