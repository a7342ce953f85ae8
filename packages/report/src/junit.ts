import { escapeHtml, invalid, type Verdict } from '@mlops/core'
import type { Result, Titled } from './render.ts'

export interface JUnitOptions {
  /** Name of the whole, shown by the CI. @default 'mlops' */
  readonly name?: string
}

interface Case {
  readonly name: string
  readonly verdict: Verdict
  readonly message: string
  readonly details: readonly string[]
}

interface Suite {
  readonly name: string
  readonly cases: readonly Case[]
}

/**
 * Results as JUnit XML, which every CI shows as tests: a drift report is a suite with a case for each
 * column, drift over time one with a case for each chunk, any other result is one case.
 *
 * Verdicts: `fail` is a failure, `inconclusive` a skipped test (CI systems show it and do not break the
 * build; break it yourself on `verdict` if you must), `warn` a passed test with its reasons as output,
 * `pass` a passed test. Text is escaped, and what XML cannot hold becomes U+FFFD.
 *
 * @throws `invalid` `report.unknown-result` for what is no result.
 * @example
 * ```ts
 * import { compare } from '@mlops/drift'
 * import { toJUnit } from '@mlops/report'
 *
 * const before = { plan: [...Array<string>(60).fill('free'), ...Array<string>(40).fill('paid')] }
 * const after = { plan: [...Array<string>(30).fill('free'), ...Array<string>(70).fill('paid')] }
 * console.log(toJUnit(compare(before, after)).split('\n')[1])
 * // <testsuites name="mlops" tests="2" failures="2" skipped="0">
 * ```
 * Source: the JUnit XML that Jenkins, GitLab and GitHub actions read (testsuites, testsuite, testcase).
 */
export function toJUnit(
  results: Result | Titled | readonly (Result | Titled)[],
  { name = 'mlops' }: JUnitOptions = {},
): string {
  const list = Array.isArray(results) ? results : [results]
  const suites = list.map((result) => suiteOf(result as Result | Titled))
  const all = suites.flatMap(({ cases }) => cases)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${attribute(name)}"${counts(all)}>`,
    ...suites.flatMap((suite) => [
      `  <testsuite name="${attribute(suite.name)}"${counts(suite.cases)}>`,
      ...suite.cases.map((one) => testCase(suite.name, one)),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n')
}

function suiteOf(given: Result | Titled): Suite {
  if (typeof given !== 'object' || given === null) {
    throw invalid(
      'report.unknown-result',
      `toJUnit takes results, with or without a title, got ${String(given)}`,
      {},
    )
  }
  if ('result' in given && 'title' in given) {
    return { ...suiteOf((given as Titled).result), name: (given as Titled).title }
  }
  const result = 'digest' in given && 'result' in given ? (given.result as Result) : given
  const kind = (result as { kind?: string }).kind
  if (kind === 'drift-report')
    return driftSuite(result as Extract<Result, { kind: 'drift-report' }>)
  if (kind === 'drift-series')
    return seriesSuite(result as Extract<Result, { kind: 'drift-series' }>)
  const { verdict, reasons } = given as { verdict?: Verdict; reasons?: readonly string[] }
  const own = (result as { reasons?: readonly string[] }).reasons
  const name = kind ?? (given as { kind?: string }).kind ?? 'result'
  const details = reasons ?? own ?? []
  return {
    name,
    cases: [{ name, verdict: verdict ?? 'inconclusive', message: details[0] ?? '', details }],
  }
}

function driftSuite({
  columns,
  verdict,
  reasons,
  sentence,
}: Extract<Result, { kind: 'drift-report' }>): Suite {
  return {
    name: 'data drift',
    cases: [
      { name: 'the data as a whole', verdict, message: sentence, details: reasons },
      ...columns.map(({ name, verdict, sentence, reasons, warnings }) => ({
        name,
        verdict,
        message: sentence,
        details: [...reasons, ...warnings.map((warning) => warning.message)],
      })),
    ],
  }
}

function seriesSuite({ chunks }: Extract<Result, { kind: 'drift-series' }>): Suite {
  return {
    name: 'drift over time',
    cases: chunks.map(({ label, verdict, sentence }) => ({
      name: label,
      verdict,
      message: sentence,
      details: [sentence],
    })),
  }
}

function counts(cases: readonly Case[]): string {
  const of = (verdict: Verdict) => cases.filter((one) => one.verdict === verdict).length
  return ` tests="${cases.length}" failures="${of('fail')}" skipped="${of('inconclusive')}"`
}

function testCase(suite: string, { name, verdict, message, details }: Case): string {
  const open = `    <testcase classname="${attribute(suite)}" name="${attribute(name)}" time="0"`
  const body = text(details.join('\n'))
  if (verdict === 'fail') {
    return `${open}><failure message="${attribute(message)}" type="fail">${body}</failure></testcase>`
  }
  if (verdict === 'inconclusive') {
    return `${open}><skipped message="${attribute(message)}"/></testcase>`
  }
  return verdict === 'warn' ? `${open}><system-out>${body}</system-out></testcase>` : `${open}/>`
}

function attribute(value: string): string {
  return text(value).replace(/[\t\n\r]/g, ' ')
}

/** Escaped, and without what XML 1.0 has no way to write: control characters and lone surrogates. */
function text(value: string): string {
  const writable = value.replace(/[^\P{Cc}\t\n\r]|\p{Surrogate}|[\ufffe\uffff]/gu, '\ufffd')
  return escapeHtml(writable)
}
