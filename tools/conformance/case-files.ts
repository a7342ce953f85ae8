import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { abtestMethods } from './abtest.ts'
import { growthbookCases } from './assignment.ts'
import type { ConformanceCase, Method, RawCase } from './case.ts'
import { driftMethods } from './drift.ts'
import { governanceMethods } from './governance.ts'
import { mlflowTraceCases } from './mlflow-trace.ts'
import { openLineageCases } from './openlineage.ts'
import { realDataCases } from './real-data.ts'
import { specialFunctions } from './special-functions.ts'

/** The files of a conformance folder, in the order they are run. */
const FILES = [
  'special-functions.json',
  'drift.json',
  'abtest.json',
  'real-data.json',
  'governance.json',
  'growthbook.json',
  'openlineage/index.json',
  'mlflow-client-trace.txt',
]

/** The case files of a folder; throws with a clear message when it is not there. */
export function caseFilesOf(folder: string): string[] {
  const found = FILES.map((file) => join(folder, file)).filter((file) => existsSync(file))
  if (found.length === 0) {
    throw new Error(
      `No conformance cases in ${folder}. They live beside the repository, in ../shared/conformance; name a file with --cases FILE.`,
    )
  }
  return found
}

/** The cases of one file, recognised by its content. */
export function loadCases(path: string, dataFolder: string): ConformanceCase[] {
  if (!existsSync(path)) throw new Error(`There is no case file ${path}.`)
  const file = basename(path).replace(/\.\w+$/, '')
  if (file === 'mlflow-client-trace') return mlflowTraceCases(path)
  if (!path.endsWith('.json')) return [wholeFile(file)]
  const content = JSON.parse(readFileSync(path, 'utf8'))
  if (Array.isArray(content.points)) return pointCases(content.points)
  if ('drift' in content || 'ab' in content) return realDataCases(content, dataFolder)
  if ('getBucketRange' in content) return growthbookCases(content)
  if (Array.isArray(content.events)) return openLineageCases(dirname(path))
  if (!Array.isArray(content.cases)) return [wholeFile(file)]
  if (content.cases.some((c: object) => 'method' in c)) {
    const drift =
      'datasets' in content || content.cases.some((c: RawCase) => 'reference' in (c.input ?? {}))
    return methodCases(
      drift ? 'drift' : 'abtest',
      content.cases,
      drift ? driftMethods(content.datasets ?? {}, dirname(path)) : abtestMethods,
    )
  }
  return content.cases.map(functionCase)

  function functionCase(raw: FunctionCase): ConformanceCase {
    const { id, function: method, input, expected, tolerance = 0 } = raw
    const answer = governanceMethods[method]
    const outline = { file, id, method, expected, tolerance }
    return answer === undefined ? outline : { ...outline, actual: () => answer(input) }
  }
}

/** A case of governance.json as it stands there. */
interface FunctionCase {
  readonly id: string
  readonly function: string
  readonly input: Record<string, unknown>
  readonly expected: unknown
  readonly tolerance?: number
}

function methodCases(
  file: string,
  cases: readonly RawCase[],
  methods: Readonly<Record<string, Method>>,
): ConformanceCase[] {
  return cases.map((raw) => {
    const { id, method, expected, tolerance = 1e-9 } = raw
    const answer = methods[method]
    const outline = { file, id, method, expected, tolerance }
    return answer === undefined ? outline : { ...outline, actual: () => answer(raw) }
  })
}

/** 50-digit reference points: 1e-12 relative up to parameters of 1e4, 1e-10 beyond and for quantiles. */
function pointCases(points: readonly [string, number[], string][]): ConformanceCase[] {
  return points.map(([method, args, value]) => {
    const f = specialFunctions[method]
    const strict = !method.endsWith('quantile') && args.slice(1).every((a) => a <= 1e4)
    const outline = {
      file: 'special-functions',
      id: `${method}(${args.join(', ')})`,
      method,
      expected: 1,
      tolerance: strict ? 1e-12 : 1e-10,
    }
    const want = Number(value)
    return f === undefined
      ? outline
      : { ...outline, actual: () => (want === 0 ? 1 + f(...args) : f(...args) / want) }
  })
}

/** A file of another kind, until somebody maps it: one case, unsupported. */
function wholeFile(file: string): ConformanceCase {
  return { file, id: file, method: '(whole file)', expected: undefined, tolerance: 0 }
}
