import {
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  chiSquareContingency,
  chiSquareGoodnessOfFit,
  clopperPearson,
  fisherExact,
  hochberg,
  holm,
  hommel,
  koopmanRatio,
  mannWhitney,
  mcNemar,
  normal,
  pairedT,
  type SampleSummary,
  sidak,
  studentTTest,
  type TTestResult,
  twoProportionZ,
  waldDifference,
  welchT,
  wilcoxonSignedRank,
} from '@mlops/stats'
import { analysisMethods } from './analysis.ts'
import { assignmentMethods } from './assignment.ts'
import { banditMethods } from './bandits.ts'
import type { Method, RawCase } from './case.ts'
import { powerMethods } from './power.ts'
import { sequentialMethods } from './sequential.ts'

/** The methods of abtest.json that the packages answer. */
export const abtestMethods: Readonly<Record<string, Method>> = {
  ...analysisMethods,
  ...assignmentMethods,
  ...banditMethods,
  ...powerMethods,
  ...sequentialMethods,
  chisq_independence: (raw) => {
    const { statistic, pValue, degreesOfFreedom } = chiSquareContingency(raw.input['table'])
    return { chi2: statistic, p: pValue, df: degreesOfFreedom }
  },
  cohen_h: ({ input }) => {
    // The library gives Cohen's h beside a test of counts: a common n turns shares into counts.
    const n = 1_000_000
    const [a, b] = [input['p1'], input['p2']].map((p) => ({ successes: Math.round(p * n), n }))
    return { h: twoProportionZ(a!, b!).effectSize!.value }
  },
  fisher_exact: ({ input, params }) => {
    const { alternative } = params
    return {
      p: fisherExact(input['table'], { alternative }).pValue,
      p_two_sided: fisherExact(input['table']).pValue,
    }
  },
  k_proportion_chisq: ({ input }) => {
    const { statistic, pValue, degreesOfFreedom } = chiSquareContingency(successTable(input))
    return { chi2: statistic, p: pValue, df: degreesOfFreedom }
  },
  mann_whitney_u: ({ input, params }) => {
    const { statistic, pValue } = mannWhitney(input['x'], input['y'], {
      alternative: params['alternative'],
      pValueBy: params['method'] === 'exact' ? 'exact' : 'normal',
      correction: params['continuity'] === false ? 'none' : 'continuity',
    })
    return { U_x: statistic, p: pValue }
  },
  mcnemar: ({ input, params }) => {
    const { table } = input as { table?: number[][] }
    const [b, c] = table ? [table[0]![1]!, table[1]![0]!] : [input['b'], input['c']]
    if (params['method'] !== 'chisq') return { p: mcNemar(b, c, { by: params['method'] }).pValue }
    const plain = mcNemar(b, c, { by: 'chi-square' })
    const corrected = mcNemar(b, c, { by: 'chi-square-corrected' })
    return {
      chi2: plain.statistic,
      p: plain.pValue,
      chi2_cc: corrected.statistic,
      p_cc: corrected.pValue,
    }
  },
  one_proportion_z: ({ input, params }) => {
    const { x, n } = input as { x: number; n: number }
    const z = (x / n - params['value']) / Math.sqrt(((x / n) * (1 - x / n)) / n)
    return { z, p: 2 * normal.sf(Math.abs(z)) }
  },
  p_adjust: ({ input, params, expected }) => {
    const adjust = ADJUST[String(params['method']).toLowerCase()]!
    const { adjusted } = adjust(input['p'])
    if ('p_adj' in (expected as object)) return { p_adj: adjusted }
    const order = (input['p'] as number[])
      .map((_, i) => i)
      .sort((i, j) => input['p'][i] - input['p'][j])
    return { p_adj_sorted: order.map((i) => adjusted[i]) }
  },
  paired_t: ({ input }) => {
    const result = pairedT(input['a'], input['b'])
    return { ...tSummary(result), ci: bounds(result) }
  },
  pooled_t: ({ input }) => tSummary(studentTTest(input['a'], input['b'])),
  proportion_ci: ({ input, params }) => {
    const { lower, upper } = clopperPearson(
      { successes: input['x'], n: input['n'] },
      { confidence: params['confidence'] },
    )
    return { ci: [lower, upper] }
  },
  srm_chisq: ({ input, params }) => {
    const { statistic, pValue } = chiSquareGoodnessOfFit(input['observed'], {
      weights: input['weights'],
    })
    return { chi2: statistic, p: pValue, srm: pValue! < params['threshold'] }
  },
  two_proportion_chisq: ({ input }) => {
    const { statistic, pValue } = chiSquareContingency(successTable(input))
    const [a, b] = sides(input)
    const { lower, upper } = waldDifference(a, b)
    return { chi2: statistic, p: pValue, wald_ci_p1_minus_p2: [lower, upper] }
  },
  two_proportion_ci: ({ input, params }) => {
    const [a, b] = sides(input)
    if (params['method'] === 'wald') {
      const { lower, upper } = waldDifference(a, b)
      return { ci_diff: [lower, upper] }
    }
    const { lower, upper } = koopmanRatio(a, b, { correction: 'none' })
    return { ci_ratio: [lower, upper] }
  },
  two_proportion_z: ({ input }) => {
    const { statistic, pValue } = twoProportionZ(...sides(input))
    return { z: statistic, p: pValue }
  },
  welch_t: ({ input }) => {
    const result = welchT(input['a'], input['b'])
    return { ...tSummary(result), ci_diff_a_minus_b: bounds(result) }
  },
  welch_t_summary_one_sided_greater: ({ input }) => {
    const result = welchT(summary(input['b']), summary(input['a']), { alternative: 'greater' })
    return {
      effect: result.difference,
      se: result.standardError,
      ci_lower: result.interval!.lower,
      p: result.pValue,
    }
  },
  wilcoxon_signed_rank: ({ input, params }) => {
    const run = (correction: 'none' | 'continuity') =>
      wilcoxonSignedRank(input['d'] ?? input['x'], input['y'], {
        alternative: params['alternative'],
        zeros: params['zero_method'] ?? 'wilcox',
        pValueBy: params['method'] === 'exact' ? 'exact' : 'normal',
        correction,
      })
    const plain = run(params['correction'] === true ? 'continuity' : 'none')
    return { min_W: plain.statistic, p: plain.pValue, p_corrected: run('continuity').pValue }
  },
}

const ADJUST: Record<string, typeof holm> = {
  bh: benjaminiHochberg,
  by: benjaminiYekutieli,
  bonferroni,
  hochberg,
  holm,
  hommel,
  sidak,
}

function sides(input: RawCase['input']) {
  const [x, n] = [input['x'], input['n']] as [number[], number[]]
  return [
    { successes: x[0]!, n: n[0]! },
    { successes: x[1]!, n: n[1]! },
  ] as const
}

function successTable(input: RawCase['input']): number[][] {
  const [x, n] = [input['x'], input['n']] as [number[], number[]]
  return [x, n.map((total, i) => total - x[i]!)]
}

function tSummary({ statistic, degreesOfFreedom, pValue }: TTestResult) {
  return { t: statistic, df: degreesOfFreedom, p: pValue }
}

function bounds({ interval }: TTestResult) {
  return [interval!.lower, interval!.upper]
}

function summary(given: { n: number; sum: number; sum_squares: number }): SampleSummary {
  const { n, sum, sum_squares: squares } = given
  return { n, mean: sum / n, variance: (squares - (sum * sum) / n) / (n - 1) }
}
