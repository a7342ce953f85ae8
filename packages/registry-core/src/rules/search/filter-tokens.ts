import { invalid } from '@mlops/core'

export type FilterToken =
  | { readonly type: 'word'; readonly text: string }
  | { readonly type: 'quoted'; readonly quote: "'" | '"' | '`'; readonly text: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'operator'; readonly text: string }
  | { readonly type: 'mark'; readonly text: '.' | '(' | ')' | ',' }

const PATTERNS: readonly (readonly [RegExp, (found: RegExpExecArray) => FilterToken])[] = [
  [
    /(['"`])((?:(?!\1)[\s\S])*)\1/y,
    ([, quote, text]) => ({ type: 'quoted', quote: quote as "'", text: text! }),
  ],
  [
    /[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w])/y,
    ([text]) => ({ type: 'number', text }),
  ],
  [/[-+]inf(?:inity)?(?!\w)/iy, ([text]) => ({ type: 'number', text })],
  [/!=|<>|>=|<=|==|[=<>]/y, ([text]) => ({ type: 'operator', text })],
  [/[.(),]/y, ([text]) => ({ type: 'mark', text: text as '.' })],
  [/[\p{L}_\d][\p{L}\p{N}_\-/:$@]*/uy, ([text]) => ({ type: 'word', text })],
]

/** Cuts the text form of a filter or an order into tokens. @throws `invalid` `registry.invalid-filter` */
export function filterTokens(text: string): readonly FilterToken[] {
  const tokens: FilterToken[] = []
  for (let at = 0; at < text.length; ) {
    const blank = /\s+/y
    blank.lastIndex = at
    if (blank.test(text)) {
      at = blank.lastIndex
      continue
    }
    const next = at
    for (const [pattern, make] of PATTERNS) {
      pattern.lastIndex = next
      const found = pattern.exec(text)
      if (!found) continue
      tokens.push(make(found))
      at = pattern.lastIndex
      break
    }
    if (at === next) {
      throw invalidFilter(`cannot read the filter from '${text.slice(at, at + 20)}' on`, text)
    }
  }
  return tokens
}

export function invalidFilter(message: string, filter: unknown) {
  return invalid('registry.invalid-filter', message, { filter })
}
