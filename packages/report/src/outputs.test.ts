// The forms of a drift report that machines read, each given to a reader of its own.
import { createRng } from '@mlops/core'
import { compare, compareChunks, findDriftSegments, fitReference } from '@mlops/drift'
import { createMonitor } from '@mlops/drift/anytime'
import { classifierDrift, fitPca, pcaDrift } from '@mlops/drift/multivariate'
import { estimateCbpe, fitCbpe } from '@mlops/evaluate'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { describe, expect, test } from 'vitest'
import { toJUnit } from './junit.ts'
import { forNotebook } from './notebook.ts'
import { toPrometheus } from './prometheus.ts'
import { toHtml, toMarkdown } from './render.ts'
import { toVegaLite } from './vega-lite.ts'

const HOSTILE = `<img src=x onerror=alert(1)>"'\\|\n]]>&\u0001\ud800`
const before = {
  [HOSTILE]: [...Array(60).fill(HOSTILE), ...Array(40).fill('b')],
  x: Array.from({ length: 100 }, (_, i) => i),
  steady: Array.from({ length: 100 }, (_, i) => i % 10),
  empty: Array.from({ length: 100 }, () => null),
}
const after = {
  ...before,
  [HOSTILE]: [...Array(20).fill(HOSTILE), ...Array(80).fill('\u0000new')],
  x: before.x.map((x) => x + 50),
}
const report = compare(before, after)
const series = compareChunks(
  { x: Array.from({ length: 500 }, (_, i) => (i * 37) % 100) },
  { x: Array.from({ length: 300 }, (_, i) => ((i * 37) % 100) + (i < 200 ? 0 : 40)) },
  { chunk: { by: 'size', size: 100 } },
)

describe('JUnit', () => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    htmlEntities: true,
  })
  const read = (xml: string) => {
    expect(XMLValidator.validate(xml)).toBe(true)
    return parser.parse(xml).testsuites
  }

  test('a case for the whole and for each column; failures, skips and counts', () => {
    const { testsuite: suite, ...whole } = read(toJUnit(report, { name: 'inputs & outputs' }))
    expect(whole).toMatchObject({
      name: 'inputs & outputs',
      tests: '5',
      failures: '3',
      skipped: '1',
    })
    expect(suite).toMatchObject({ name: 'data drift', tests: '5', failures: '3', skipped: '1' })
    const byName = new Map(suite.testcase.map((one: { name: string }) => [one.name, one]))
    expect(byName.get('x')).toHaveProperty('failure.message')
    expect(byName.get('steady')).not.toHaveProperty('failure')
    expect(byName.get('empty')).toHaveProperty('skipped')
  })

  test('nothing that came with the data becomes markup, and all of it is XML', () => {
    const xml = toJUnit(report)
    read(xml)
    expect(xml).not.toContain('<img')
    expect(xml.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Surrogate}/u)
  })

  test('drift over time has a case for each chunk, titles name suites', () => {
    const { testsuite } = read(toJUnit([{ title: 'May', result: series }]))
    expect(testsuite.name).toBe('May')
    expect(testsuite.testcase.map((one: object) => 'failure' in one)).toEqual([false, false, true])
  })
})

describe('Prometheus', () => {
  // The grammar of the text format: a comment, or name{labels} value.
  const LINE =
    /^(?:# (?:HELP|TYPE) .+|[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (?:[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf)|NaN))$/

  test('every line is in the format, whatever the columns are called', () => {
    const text = toPrometheus(report, { labels: { model: HOSTILE } })
    expect(text.endsWith('\n')).toBe(true)
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(LINE)
  })

  test('says what the report says, and nothing of what is undefined', () => {
    const lines = toPrometheus(report).split('\n')
    expect(lines).toContain('mlops_drift_verdict{verdict="fail"} 1')
    expect(lines).toContain('mlops_drift_verdict{verdict="pass"} 0')
    expect(lines).toContain(`mlops_drift_columns_drifted ${report.dataset.drifted}`)
    expect(lines).toContain('mlops_drift_column_drifted{column="x"} 1')
    expect(lines).toContain('mlops_drift_column_drifted{column="steady"} 0')
    expect(lines.filter((line) => line.includes('column_drifted{column="empty"'))).toEqual([])
    expect(lines).toContain('mlops_drift_column_missing_ratio{column="empty"} 1')
  })

  test.each(['0x', 'a-b', '__name', 'column', ''])('refuses the label %j', (label) => {
    expect(() => toPrometheus(report, { labels: { [label]: 'x' } })).toThrow(
      expect.objectContaining({ code: 'report.bad-label' }),
    )
  })

  test('refuses a prefix that no metric may have', () => {
    expect(() => toPrometheus(report, { prefix: 'my metric' })).toThrow(
      expect.objectContaining({ code: 'report.bad-label' }),
    )
  })
})

describe('Vega-Lite', () => {
  test('every specification compiles without a warning and draws its marks', async () => {
    const specs = [...toVegaLite(report), ...toVegaLite(series)]
    expect(specs.map(({ title }) => title)).toEqual(
      expect.arrayContaining(['x', 'steady', HOSTILE]),
    )
    for (const spec of specs) {
      const warnings: string[] = []
      const warn = (...args: readonly unknown[]) => {
        warnings.push(args.join(' '))
        return logger
      }
      const logger = {
        level: () => logger,
        error: warn,
        warn,
        info: () => logger,
        debug: () => logger,
      }
      const { spec: compiled } = compile(spec as unknown as TopLevelSpec, {
        logger: logger as never,
      })
      const svg = await new View(parse(compiled), { renderer: 'none' }).toSVG()
      expect(warnings).toEqual([])
      expect(svg).toMatch(/mark-(rect|line|symbol)/)
    }
  })

  test('the shares of each side sum to one', () => {
    const { data } = toVegaLite(report).find(({ title }) => title === 'x') as unknown as {
      data: { values: { side: string; share: number }[] }
    }
    for (const side of ['reference', 'current']) {
      const sum = data.values
        .filter((row) => row.side === side)
        .reduce((total, { share }) => total + share, 0)
      expect(sum).toBeCloseTo(1, 12)
    }
  })
})

describe('drift over time', () => {
  test('is drawn with an alarm where it drifted, in HTML and Markdown', () => {
    const html = toHtml(series)
    expect(html.match(/class="alarm"/g)).toHaveLength(1)
    expect(html.match(/class="dot"/g)).toHaveLength(2)
    expect(toMarkdown(series)).toContain('Drift over time — fail')
  })
})

describe('a monitor', () => {
  const steady = { x: before.x, plan: before.x.map((x) => (x % 3 === 0 ? 'a' : 'b')) }
  const monitor = createMonitor(fitReference(steady))
  monitor.observe(steady)
  for (let i = 0; i < 3; i++) monitor.observe({ ...steady, x: after.x })
  const standing = monitor.report()

  test('is shown with its promise and the evidence against each column', () => {
    const text = toMarkdown(standing)
    expect(text).toContain('## Drift monitor — fail')
    expect(text).toMatch(/\| x \| numeric \| drift after \d+ rows \|/)
    expect(text).toContain('at most 5.0 %')
    expect(toHtml(standing)).toContain('class="badge pass"')
  })

  test('is told to Prometheus', () => {
    const lines = toPrometheus(standing, { labels: { model: 'm' } }).split('\n')
    expect(lines).toContain('mlops_drift_monitor_column_alarm{model="m",column="x"} 1')
    expect(lines).toContain('mlops_drift_monitor_column_alarm{model="m",column="plan"} 0')
    expect(lines).toContain('mlops_drift_monitor_rows{model="m"} 400')
  })

  test('is one test to JUnit', () => {
    expect(toJUnit(standing)).toContain('tests="1" failures="1"')
  })
})

test('a notebook cell gets the drawings as HTML, and Markdown beside it', () => {
  const shown = forNotebook(report)[Symbol.for('Jupyter.display')]!()
  expect(shown['text/html']).toContain('<svg')
  expect(shown['text/html']).not.toContain('<html')
  expect(shown['text/markdown']).toContain('## Data drift')
})

describe('other results about drift', () => {
  const size = Array.from({ length: 600 }, (_, i) => (i * 37) % 100)
  const joint = { size, price: size.map((v, i) => 3 * v + (i % 11)) }
  const apart = { size, price: size.map((v, i) => 3 * (99 - v) + (i % 11)) }

  test('all columns together: statistic, level, and the columns to blame', () => {
    const text = toMarkdown(classifierDrift(joint, apart))
    expect(text).toContain('## Drift of all columns together — fail')
    expect(text).toContain('| Column | Contribution |')
    expect(toMarkdown(pcaDrift(fitPca(joint), apart))).toMatch(/\*\*Limits:\*\* .+ to /)
  })

  test('segments: one row for each, the change within beside the change overall', () => {
    const rows = (shift: number) =>
      Array.from({ length: 3000 }, (_, i) => ({
        plan: ['free', 'pro', 'team'][i % 3]!,
        minutes: ((i * 7919) % 100) + (i % 3 === 1 ? shift : 0),
      }))
    const found = findDriftSegments(rows(0), rows(30), { targets: ['minutes'] })
    const text = toMarkdown(found)
    expect(text).toContain('## Segments that changed')
    expect(text.split('\n').filter((line) => line.includes('| minutes |'))).toHaveLength(
      found.segments.length,
    )
  })

  test('estimated performance: the band, the realised line, an alarm where it left the limits', () => {
    const rng = createRng(1)
    const scores = Array.from({ length: 4000 }, () => rng.next())
    const targets = scores.map((p) => rng.next() < p)
    const reference = fitCbpe({ scores, targets }, { metrics: ['accuracy'] })
    const later = {
      scores: scores.map((p, i) => (i < 2000 ? p : 0.4 + 0.2 * p)),
      targets: targets.map((y, i) => (i < 2000 ? y : null)),
    }
    const month = scores.map((_, i) => (i < 2000 ? '2026-01' : '2026-02'))
    const html = toHtml(estimateCbpe(reference, later, { chunk: { by: 'label', labels: month } }))
    expect(html.match(/class="band"/g)).toHaveLength(2)
    expect(html.match(/class="alarm"/g)).toHaveLength(1)
    expect(html).toContain('class="ref-line"')
    expect(html).toContain('as they did in the reference')
  })
})

test.each([null, undefined, {}, 'x', Number.NaN, { kind: 'toString' }])(
  'what is no result is a typed error in every output: %s',
  (bad) => {
    const refused = expect.objectContaining({ code: 'report.unknown-result' })
    expect(() => toPrometheus(bad as never)).toThrow(refused)
    expect(() => toVegaLite(bad as never)).toThrow(refused)
    if (typeof bad !== 'object' || bad === null) {
      expect(() => toJUnit(bad as never)).toThrow(refused)
    }
  },
)
