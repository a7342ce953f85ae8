/**
 * The words of a text: runs of letters, digits and marks, with apostrophes inside; each character of
 * Han, Hiragana, Katakana, Thai, Lao, Khmer and Myanmar, which write without spaces, by itself.
 * Compatibility forms and case do not matter (NFKC, lower case). A word longer than 100 code units is
 * cut there. A regular expression rather than Intl.Segmenter: the same on every runtime and version.
 */
export function wordsOf(text: string): string[] {
  const words = text.normalize('NFKC').toLowerCase().match(WORD) ?? []
  return words.map((word) => (word.length > LONGEST ? wholeCharacters(word) : word))
}

/** Length of a text in code points. */
export function codePoints(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const next = text.charCodeAt(i + 1)
    if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) i++
    count++
  }
  return count
}

const LONGEST = 100
const ALONE =
  '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]'
const TOGETHER = `(?:(?!${ALONE})[\\p{L}\\p{N}\\p{M}])+`
const WORD = /* @__PURE__ */ new RegExp(`${ALONE}|${TOGETHER}(?:['’]${TOGETHER})*`, 'gu')

/** The head of a long word, without half a surrogate pair at its end. */
function wholeCharacters(word: string): string {
  const cut = word.slice(0, LONGEST)
  const last = cut.charCodeAt(LONGEST - 1)
  return last >= 0xd800 && last < 0xdc00 ? cut.slice(0, -1) : cut
}
