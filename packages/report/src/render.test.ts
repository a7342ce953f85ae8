import { createEvidence, manualClock } from '@mlops/core'
import { compare } from '@mlops/drift'
import type { GateDecision } from '@mlops/governance'
import { classify, evaluateGate } from '@mlops/governance'
import { standardPolicy } from '@mlops/governance/presets'
import { describe, expect, test } from 'vitest'
import { toHtml, toHtmlFragment, toMarkdown } from './render.ts'

const HOSTILE = `<img src=x onerror=alert(1)>"'\`|*_[x](y)&`
const clock = manualClock('2026-06-01T00:00:00Z')

const drift = compare(
  {
    [HOSTILE]: [...Array(60).fill(HOSTILE), ...Array(40).fill('b')],
    x: Array.from({ length: 100 }, (_, i) => i),
  },
  {
    [HOSTILE]: [...Array(20).fill(HOSTILE), ...Array(80).fill('\u0000new')],
    x: Array.from({ length: 100 }, (_, i) => i + 50),
  },
)
const gate: GateDecision = evaluateGate(
  standardPolicy(),
  'production',
  {
    release: {
      subject: { type: 'model-version', name: HOSTILE, version: '1' },
      digest: `sha256:${'a'.repeat(64)}`,
      tier: 'low',
      authors: ['a'],
    },
    evidence: [],
    signOffs: [],
  },
  { clock },
)
const classification = classify(standardPolicy(), { audience: 'public' })
const all = [drift, gate, classification]

/** Tags as a parser sees them: names and attributes, outside of text. */
function tagsOf(html: string): string[] {
  return [...html.matchAll(/<([a-z][a-z0-9]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map(
    (match) => match[0],
  )
}

describe('HTML', () => {
  test('nothing that came with the data becomes markup', () => {
    for (const html of [toHtml(all, { title: HOSTILE }), toHtmlFragment(all)]) {
      expect(html).not.toContain('<img')
      // Every < begins a tag of ours, and no tag carries a handler, a script or a link outside.
      const tags = tagsOf(html)
      expect(html.replace(/<style>.*?<\/style>/gs, '').split('<').length - 1).toBe(
        tags.filter((tag) => !tag.startsWith('<style')).length +
          [...html.matchAll(/<\/(?!style)[a-z0-9]+>/gi)].length +
          (html.startsWith('<!') ? 1 : 0),
      )
      for (const tag of tags) {
        expect(tag).not.toMatch(/\son\w+=|<script|<iframe|<object|javascript:|src=/i)
        expect(tag).not.toMatch(/href="(?!#)/i)
      }
    }
  })

  test('stands alone: no script, no network', () => {
    const html = toHtml(all)
    expect(html).not.toMatch(/https?:\/\//)
    expect(html).toContain("default-src 'none'")
  })

  test('shows verdicts, reasons and a drawing for each column', () => {
    const html = toHtml(drift)
    expect([...html.matchAll(/<svg /g)]).toHaveLength(2)
    expect(html).toContain('2 of 2 columns drifted')
    expect(html).toContain('class="badge fail"')
  })

  test('stays small whatever the rows: fifty columns in less than 300 KB', () => {
    const table = (shift: number) =>
      Object.fromEntries(
        Array.from({ length: 50 }, (_, c) => [
          `column-${c}`,
          c % 2
            ? Float64Array.from({ length: 20_000 }, (_, i) => Math.sin(i * (c + 1)) + shift)
            : Array.from({ length: 20_000 }, (_, i) => `category ${(i * (c + 1)) % 40}`),
        ]),
      )
    expect(toHtml(compare(table(0), table(0.1))).length).toBeLessThan(300_000)
  })

  test('fifty columns that are compared by their parts stay below 300 KB too', () => {
    const text = (c: number, shift: number) => (_: unknown, i: number) =>
      `word${(i * (c + 1)) % 50} word${(i * 7) % (20 + shift)} ${'long '.repeat((i + shift) % 5)}`
    const vector = (c: number, shift: number) => (_: unknown, i: number) =>
      Array.from({ length: 6 }, (__, d) => Math.sin(i * (c + d + 1)) + shift / 100)
    const time = (c: number, shift: number) => (_: unknown, i: number) =>
      new Date(Date.UTC(2026, shift, 1) + i * (c + 1) * 3_600_000)
    const table = (shift: number) =>
      Object.fromEntries(
        Array.from({ length: 50 }, (_, c) => [
          `column-${c}`,
          Array.from({ length: 1000 }, [text, vector, time][c % 3]!(c, shift) as never),
        ]),
      )
    const types = Object.fromEntries(
      Array.from(
        { length: 50 },
        (_, c) => [`column-${c}`, (['text', 'embedding', 'datetime'] as const)[c % 3]!] as const,
      ),
    )
    const html = toHtml(compare(table(0) as never, table(6) as never, { types }))
    expect(html.match(/<svg /g)!.length).toBeGreaterThanOrEqual(50)
    expect(html.length).toBeLessThan(300_000)
  })
})

describe('Markdown', () => {
  test('what came with the data stays text', () => {
    const text = toMarkdown(all, { title: HOSTILE })
    expect(text).not.toMatch(/(?<!\\)<img/)
    expect(text).not.toMatch(/(?<!\\)\[x\]/)
    const tableLines = text.split('\n').filter((line) => line.startsWith('|'))
    expect(tableLines.length).toBeGreaterThan(10)
    // Each table has as many unescaped bars in every row as in its head.
    let bars = 0
    for (const line of text.split('\n')) {
      if (!line.startsWith('|')) bars = 0
      else {
        const here = [...line.matchAll(/(?<!\\)\|/g)].length
        if (bars !== 0) expect(here).toBe(bars)
        bars = here
      }
    }
  })

  test('tells the verdict and what is missing', () => {
    const text = toMarkdown(gate)
    expect(text).toContain("## Gate 'production': pending — fail")
    expect(text).toContain("- Risk classified: no evidence of kind 'risk-classification'")
  })
})

describe('evidence', () => {
  const evidence = createEvidence(
    {
      kind: 'drift-report',
      subject: { type: 'dataset', name: 'd' },
      verdict: drift.verdict,
      result: drift,
      producedBy: { type: 'service', id: 'ci' },
    },
    { clock },
  )

  test('is shown as its result, with its seal', () => {
    expect(toMarkdown(evidence)).toContain('2 of 2 columns drifted')
    expect(toMarkdown(evidence)).toContain(evidence.digest.slice(0, 17))
    const forged = toMarkdown({ ...evidence, verdict: 'pass' })
    expect(forged).toContain('does not match the content')
    expect(forged).toContain('## Data drift — fail')
  })

  test('of an unknown kind is shown field by field', () => {
    const other = createEvidence(
      {
        kind: 'model-card',
        subject: { type: 'model', name: 'm' },
        verdict: 'pass',
        result: { use: { intended: 'demo' }, auc: 0.7 },
        producedBy: { type: 'service', id: 'ci' },
      },
      { clock },
    )
    expect(toMarkdown(other)).toContain('| use.intended | demo |')
  })
})

test('a result can have a title of its own', () => {
  const text = toMarkdown([
    { title: 'Inputs', result: drift },
    { title: 'Sealed', result: drift },
  ])
  expect(text.match(/^## .*$/gm)).toEqual(['## Inputs — fail', '## Sealed — fail'])
})

test('what cannot be shown is a typed error', () => {
  for (const bad of [null, 1, {}, { kind: 'nonsense' }, { kind: 'toString' }]) {
    expect(() => toHtml(bad as never)).toThrowError(
      expect.objectContaining({ kind: 'invalid', code: 'report.unknown-result' }),
    )
  }
})
