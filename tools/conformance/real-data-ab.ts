import { compareArms, compareBayesian } from '@mlops/abtest'
import {
  agrestiCaffo,
  agrestiCoull,
  chiSquareContingency,
  chiSquareGoodnessOfFit,
  clopperPearson,
  fisherExact,
  type Interval,
  jeffreysInterval,
  katzLogRatio,
  koopmanRatio,
  ksTwoSampleTest,
  mannWhitney,
  miettinenNurminen,
  newcombe,
  oddsRatioLogit,
  type Proportion,
  studentTTest,
  type TTestResult,
  twoProportionZ,
  waldDifference,
  waldInterval,
  welchT,
  wilsonInterval,
} from '@mlops/stats'

// biome-ignore lint/suspicious/noExplicitAny: reference results are nested as their sections need.
type Results = Record<string, any>
type Getters = Readonly<Record<string, () => unknown>>

/** Conversion metrics: control against treatment from counts; differences are treatment − control. */
export function proportionMethods(results: Results): Getters {
  const control: Proportion = { successes: results['control'].x, n: results['control'].n }
  const treatment: Proportion = { successes: results['treatment'].x, n: results['treatment'].n }
  const pooled = () => twoProportionZ(treatment, control)
  const table = [
    [control.successes, control.n - control.successes],
    [treatment.successes, treatment.n - treatment.successes],
  ] as [[number, number], [number, number]]
  return {
    diff: () => pooled().difference,
    relative_lift: () => pooled().difference! / (control.successes / control.n),
    z_pooled: () => ({
      ...z(pooled()),
      p_greater: twoProportionZ(treatment, control, { alternative: 'greater' }).pValue,
    }),
    z_unpooled: () => z(twoProportionZ(treatment, control, { variance: 'unpooled' })),
    cohens_h: () => pooled().effectSize!.value,
    chi2: () => {
      const plain = chiSquareContingency(table)
      const yates = chiSquareContingency(table, { correction: 'yates' })
      const g = chiSquareContingency(table, { statistic: 'g' })
      return {
        chi2: plain.statistic,
        p: plain.pValue,
        dof: plain.degreesOfFreedom,
        g: g.statistic,
        g_p: g.pValue,
        min_expected: plain.minExpected,
        cramers_v: plain.cramersV,
        cramers_v_bias_corrected: plain.cramersVBiasCorrected,
        chi2_yates: yates.statistic,
        p_yates: yates.pValue,
      }
    },
    fisher_exact: () => {
      const { pValue, sampleOddsRatio } = fisherExact(table)
      // The sample odds ratio there is treatment over control.
      return { odds_ratio: 1 / sampleOddsRatio!, p: pValue }
    },
    arm_intervals: () => ({ control: armIntervals(control), treatment: armIntervals(treatment) }),
    'diff_intervals.wald': () => ends(waldDifference(treatment, control)),
    'diff_intervals.agresti-caffo': () => ends(agrestiCaffo(treatment, control)),
    'diff_intervals.newcomb': () => ends(newcombe(treatment, control)),
    'diff_intervals.score': () => ends(miettinenNurminen(treatment, control)),
    bayes_beta11: () => {
      const { probabilityBetter, expectedLoss } = compareBayesian(control, treatment)
      return {
        prob_t_gt_c: probabilityBetter,
        expected_loss_choose_t: expectedLoss!.treatment,
        expected_loss_choose_c: expectedLoss!.control,
      }
    },
    ratio_intervals: () => {
      const score = koopmanRatio(treatment, control)
      return { log: ends(katzLogRatio(treatment, control)!), score: [score.lower, score.upper] }
    },
    odds_ratio: () => {
      const { oddsRatio, lower, upper } = oddsRatioLogit(treatment, control)!
      return { value: oddsRatio, logit: [lower, upper] }
    },
    srm: () => {
      const { statistic, pValue } = chiSquareGoodnessOfFit([control.n, treatment.n])
      return { chi2: statistic, p: pValue }
    },
  }
}

/** Metrics with values: treatment against control. */
export function meanMethods(
  read: () => { readonly control: Float64Array; readonly treatment: Float64Array },
): Getters {
  let arms: ReturnType<typeof read> | undefined
  const both = () => {
    arms ??= read()
    return [arms.treatment, arms.control] as const
  }
  return {
    diff: () => welchT(...both()).difference,
    welch: () => t(welchT(...both())),
    student: () => t(studentTTest(...both())),
    yuen_trim05: () => {
      const [treatment, control] = both()
      const { test } = compareArms(control, treatment, { test: 'yuen', trim: 0.05 })
      return { t: test.statistic, p: test.pValue }
    },
    cohens_d: () => studentTTest(...both()).effectSize!.value,
    mannwhitney: () => {
      const corrected = mannWhitney(...both())
      return {
        u_treatment: corrected.statistic,
        p_continuity: corrected.pValue,
        p_no_continuity: mannWhitney(...both(), { correction: 'none' }).pValue,
        prob_superiority: corrected.probabilityOfSuperiority,
      }
    },
    ks: () => {
      const { statistic, pValue, location, sign } = ksTwoSampleTest(...both(), {
        pValueBy: 'asymptotic',
      })
      return { statistic, p_asymp: pValue, location, sign }
    },
  }
}

function z({ statistic, pValue, standardError }: ReturnType<typeof twoProportionZ>) {
  return { z: statistic, p: pValue, se: standardError }
}

function t({ statistic, pValue, degreesOfFreedom, standardError, interval }: TTestResult) {
  return {
    t: statistic,
    p: pValue,
    df: degreesOfFreedom,
    se: standardError,
    ci95: [interval!.lower, interval!.upper],
  }
}

function armIntervals(arm: Proportion) {
  return {
    wilson: ends(wilsonInterval(arm)),
    agresti_coull: ends(agrestiCoull(arm)),
    jeffreys: ends(jeffreysInterval(arm)),
    clopper_pearson: ends(clopperPearson(arm)),
    normal: ends(waldInterval(arm)),
  }
}

function ends({ lower, upper }: Interval): [number, number] {
  return [lower, upper]
}
