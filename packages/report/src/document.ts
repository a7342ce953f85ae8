import type { Verdict } from '@mlops/core'

/** What a report is made of, before it becomes HTML or Markdown. All texts are plain. */
export interface ReportDocument {
  readonly title: string
  readonly sections: readonly Section[]
}

/** One result's part of a report. */
export interface Section {
  readonly title: string
  readonly verdict?: Verdict
  readonly blocks: readonly Block[]
}

export type Block = Paragraph | List | Facts | Grid | Figure | Details

export interface Paragraph {
  readonly type: 'paragraph'
  readonly text: string
}

export interface List {
  readonly type: 'list'
  readonly items: readonly string[]
}

/** Labels with their values. */
export interface Facts {
  readonly type: 'facts'
  readonly items: readonly (readonly [label: string, value: Cell])[]
}

export interface Grid {
  readonly type: 'grid'
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

/** A drawing, and what it shows in words. */
export interface Figure {
  readonly type: 'figure'
  readonly svg: string
  readonly caption: string
}

/** Blocks that are folded away at first. */
export interface Details {
  readonly type: 'details'
  readonly title: string
  readonly verdict?: Verdict
  readonly blocks: readonly Block[]
}

/** A text, a number (formatted on output), nothing, or a verdict shown as a badge. */
export type Cell = string | number | null | { readonly verdict: Verdict; readonly text?: string }
