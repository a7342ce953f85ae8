/** What the journey says as it goes. */
export interface Narrator {
  step(title: string): void
  say(text: string): void
  /** Shows a bar while `work` tells its share of being done. */
  progress<Result>(label: string, work: (share: (done: number) => void) => Result): Result
}

/** Tells the journey on a terminal; the bar moves only where lines can be rewritten. */
export function terminalNarrator(out: NodeJS.WriteStream): Narrator {
  let steps = 0
  const bar = (label: string, done: number) =>
    `  ${label.padEnd(34)} ${'█'.repeat(Math.round(done * 24)).padEnd(24, '░')} ${Math.round(done * 100)} %`
  return {
    step(title) {
      steps += 1
      out.write(`\n${steps}. ${title}\n\n`)
    },
    say(text) {
      out.write(`${text.replace(/^/gm, '  ')}\n`)
    },
    progress(label, work) {
      const result = work((done) => {
        if (out.isTTY) out.write(`\r${bar(label, done)}`)
      })
      out.write(`${out.isTTY ? '\r' : ''}${bar(label, 1)}\n`)
      return result
    },
  }
}
