import type { Rng, Verdict } from '@mlops/core'
import { formatNumber, withDisplay } from '@mlops/core'
import type { NumericSample } from '@mlops/stats'
import { SRM_ALPHA, sampleRatio } from '../analysis/sample-ratio.ts'
import type { AllocationPhase } from '../sequential/sample-ratio-sequence.ts'
import { anytimeSampleRatio } from '../sequential/sample-ratio-sequence.ts'
import { attrition } from './attrition.ts'
import type { RepeatedOutcomes } from './effect-trend.ts'
import { effectTrend } from './effect-trend.ts'
import type { Finding } from './finding.ts'
import { badArms, checkOptions, checkUnitCounts } from './finding.ts'
import type { ExposureLog, MultipleExposuresOptions } from './multiple-exposures.ts'
import { multipleExposures } from './multiple-exposures.ts'
import type { PrePeriodMetric } from './pre-period-balance.ts'
import { prePeriodBalance } from './pre-period-balance.ts'
import { retroAa } from './retro-aa.ts'

/** What there is of an experiment; every part is optional, and makes a check possible. */
export interface ExperimentData {
  /** Units assigned, by arm, control first. */
  readonly assigned?: readonly number[]
  /** Planned shares of the arms. @default equal */
  readonly allocation?: readonly number[]
  /** Units by arm and phase where the allocation changed on purpose; instead of `assigned` for the sample ratio. */
  readonly phases?: readonly AllocationPhase[]
  /** Units with an outcome, by arm. */
  readonly observed?: readonly number[]
  readonly exposures?: ExposureLog & Pick<MultipleExposuresOptions, 'arms' | 'rule'>
  /** Metrics from before the experiment, by name. */
  readonly prePeriod?: Readonly<Record<string, PrePeriodMetric>>
  /** Outcomes by unit and period since first exposure. */
  readonly repeated?: RepeatedOutcomes
  /** Values without an effect, with the unit that is assigned; needs an rng. */
  readonly aa?: {
    readonly values: NumericSample
    readonly units?: readonly (string | number)[]
    readonly rng: Rng
  }
}

/** All that was checked of an experiment, and what was not. Plain JSON. */
export interface ExperimentCheck {
  readonly kind: 'experiment-check'
  /** The worst finding; `inconclusive` when nothing could be checked. */
  readonly verdict: Verdict
  readonly findings: readonly Finding[]
  /** Checks that were not made, and the part of the data that they need. */
  readonly skipped: readonly { readonly check: Finding['check']; readonly needs: string }[]
}

/**
 * Checks an experiment's data before its effect is believed: everything that the data allow.
 *
 * Sample ratio (chi-square at 0.001, an arm without units; always valid where phases are given), multiple exposures,
 * attrition, pre-period balance, the variance (retro A/A), novelty. Each keeps its own level and nothing is adjusted
 * for their number: with all six and nothing wrong, something alarms in about 2.5 % of the experiments, nearly always
 * a `warn` of the pre-period or novelty check, at 0.01 each.
 *
 * Output: findings, worst first; `fail` says that the effect cannot be believed. `createEvidence` makes it evidence.
 *
 * @throws `invalid`: `abtest.invalid-arms`, `abtest.invalid-option`; those of each check.
 * @example
 * ```ts
 * import { checkExperiment } from '@mlops/abtest/guards'
 *
 * const check = checkExperiment({ assigned: [5000, 5030], observed: [4600, 4380] })
 * console.log(check.verdict, check.findings.map(({ check, verdict }) => `${check}: ${verdict}`))
 * // fail [ 'attrition: fail', 'sample-ratio: ok' ]
 * console.log(check.skipped.length) // 4
 * ```
 */
export function checkExperiment(data: ExperimentData): ExperimentCheck {
  checkOptions(data)
  const { assigned, observed, exposures, prePeriod, repeated, aa, phases } = data
  const findings: Finding[] = []
  const skipped: { check: Finding['check']; needs: string }[] = []
  const run = (check: Finding['check'], needs: string, there: boolean, make: () => Finding) => {
    if (there) findings.push(make())
    else skipped.push({ check, needs })
  }
  const log = exposures === undefined ? undefined : multipleExposures(exposures, exposures)
  const counts = assigned ?? log?.kept
  run('sample-ratio', 'assigned or phases', (counts ?? phases) !== undefined, () =>
    phases === undefined ? splitOf(counts!, data.allocation) : phasesOf(phases),
  )
  run('multiple-exposures', 'exposures', log !== undefined, () => log!.finding)
  run('attrition', 'assigned and observed', assigned !== undefined && observed !== undefined, () =>
    attrition(assigned!, observed!),
  )
  run('pre-period', 'prePeriod', prePeriod !== undefined, () => prePeriodBalance(prePeriod!))
  run('variance', 'aa', aa !== undefined, () => {
    checkOptions(aa)
    return retroAa(aa!.values, aa!).finding
  })
  run('novelty', 'repeated', repeated !== undefined, () => effectTrend(repeated!).finding)
  findings.sort((a, b) => rank(a) - rank(b))
  const check: ExperimentCheck = {
    kind: 'experiment-check',
    verdict: verdictOf(findings),
    findings,
    skipped,
  }
  return withDisplay(check, () => ({
    title: `checks of the experiment: ${findings.length} made, ${skipped.length} without data`,
    verdict: check.verdict,
    lines: findings.map(({ check: name, message }) => `${name}: ${message}`),
    table: {
      columns: ['check', 'verdict', 'method', 'p'],
      rows: findings.map((row) => [row.check, row.verdict, row.method, row.pValue]),
    },
  }))
}

function splitOf(counts: readonly number[], shares: readonly number[] | undefined): Finding {
  checkUnitCounts('assigned', counts)
  const allocation = shares ?? counts.map(() => 1)
  if (!Array.isArray(allocation) || allocation.length !== counts.length)
    throw badArms(`allocation must be ${counts.length} shares`, { allocation })
  const { mismatch, method, statistic, pValue } = sampleRatio(counts, allocation)
  const starved = counts.flatMap((n, arm) => (n === 0 && allocation[arm]! > 0 ? [arm] : []))
  const none = counts.every((n) => n === 0)
  const split = `${counts.join(' and ')} units where ${allocation.join(' to ')} was planned`
  return {
    check: 'sample-ratio',
    verdict: none ? 'insufficient-data' : mismatch ? 'fail' : 'ok',
    method,
    statistic,
    pValue,
    alpha: SRM_ALPHA,
    sizes: counts,
    message: none
      ? 'not checked: no arm has units'
      : mismatch
        ? `${split}${starved.length > 0 ? `: arm ${starved.join(', ')} has none` : ''}; find out why before believing any effect`
        : split,
  }
}

function phasesOf(phases: readonly AllocationPhase[]): Finding {
  const { mismatch, pValue, logEValue, alpha, counts, starved } = anytimeSampleRatio(phases)
  const empty = starved.length > 0
  const split = `${counts.join(' and ')} units over ${phases.length} phases of allocation, always-valid p = ${formatNumber(pValue)}`
  return {
    check: 'sample-ratio',
    verdict: counts.every((n) => n === 0)
      ? 'insufficient-data'
      : mismatch
        ? 'fail'
        : empty
          ? 'warn'
          : 'ok',
    method: 'dirichlet-multinomial',
    statistic: logEValue,
    pValue,
    alpha,
    sizes: counts,
    message: `${split}${empty ? `; arm ${starved.join(', ')} has no unit in a phase that planned some` : ''}${mismatch ? '; find out why before believing any effect' : ''}`,
  }
}

const ORDER = ['fail', 'warn', 'insufficient-data', 'ok']

function rank({ verdict }: Finding): number {
  return ORDER.indexOf(verdict)
}

function verdictOf(findings: readonly Finding[]): Verdict {
  const has = (verdict: Finding['verdict']) =>
    findings.some((finding) => finding.verdict === verdict)
  if (has('fail')) return 'fail'
  if (has('warn')) return 'warn'
  return has('ok') ? 'pass' : 'inconclusive'
}
