import type { Run } from '../model/run.ts'
import { inputsJson, ms, outputsJson, runInfoJson } from './json.ts'

/**
 * The JSON text of a page of runs: what `JSON.stringify` makes of their `runJson`, in half the time. Runs of a
 * search have the same keys, and their points the same times: each is written once.
 */
export function runsText(runs: readonly Run[]): string {
  const openings = new Map<string, string>()
  const opening = (key: string): string => {
    const known = openings.get(key)
    if (known !== undefined) return known
    const made = `{"key":${JSON.stringify(key)},"value":`
    openings.set(key, made)
    return made
  }
  const pairs = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts)
      .map(([key, value]) => `${opening(key)}${JSON.stringify(value)}}`)
      .join()
  const points = (latest: Run['latest']) => {
    let last = { at: '', step: Number.NaN, ending: '' }
    let text = ''
    for (const { key, value, at, step } of latest) {
      if (at !== last.at || step !== last.step) {
        last = { at, step, ending: `,"timestamp":${ms(at)},"step":${step}}` }
      }
      const number = Number.isFinite(value) ? value : `"${value}"`
      text += `${text === '' ? '' : ','}${opening(key)}${number}${last.ending}`
    }
    return text
  }
  const texts = runs.map((run) => {
    const [info, inputs, outputs] = [runInfoJson(run), inputsJson(run), outputsJson(run)]
    const data = `"metrics":[${points(run.latest)}],"params":[${pairs(run.params)}],"tags":[${pairs(run.tags)}]`
    return `{"info":${JSON.stringify(info)},"data":{${data}},"inputs":${JSON.stringify(inputs)},"outputs":${JSON.stringify(outputs)}}`
  })
  return `[${texts.join()}]`
}
