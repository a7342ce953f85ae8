import type { Run } from '../model/run.ts'
import { inputsJson, ms, outputsJson, runPlace } from './json.ts'

const NO_INPUTS = JSON.stringify(inputsJson({ inputs: [], modelInputs: [] }))
const NO_OUTPUTS = JSON.stringify(outputsJson({ modelOutputs: [] }))

/**
 * The JSON text of a page of runs: what `JSON.stringify` makes of their `runJson`, in a quarter of the time. Runs of
 * a search have the same keys, and their points the same times: each is written once.
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
  const pairs = (texts: Readonly<Record<string, string>>) => {
    let text = ''
    for (const key of Object.keys(texts)) {
      text += `${text === '' ? '' : ','}${opening(key)}${quoted(texts[key]!)}}`
    }
    return text
  }
  const points = (latest: Run['latest']) => {
    let text = ''
    let last: Run['latest'][number] | undefined
    let ending = ''
    for (const point of latest) {
      const { at, step, value } = point
      if (at !== last?.at || step !== last.step) ending = `,"timestamp":${ms(at)},"step":${step}}`
      last = point
      const number = Number.isFinite(value) ? value : `"${value}"`
      text += `${text === '' ? '' : ','}${opening(point.key)}${number}${ending}`
    }
    return text
  }
  const texts = runs.map((run) => {
    const hasInputs = run.inputs.length > 0 || run.modelInputs.length > 0
    const inputs = hasInputs ? JSON.stringify(inputsJson(run)) : NO_INPUTS
    const outputs = run.modelOutputs.length > 0 ? JSON.stringify(outputsJson(run)) : NO_OUTPUTS
    const data = `"metrics":[${points(run.latest)}],"params":[${pairs(run.params)}],"tags":[${pairs(run.tags)}]`
    return `{"info":${infoText(run)},"data":{${data}},"inputs":${inputs},"outputs":${outputs}}`
  })
  return `[${texts.join()}]`
}

function infoText(run: Run): string {
  const id = quoted(run.id)
  const end = run.endedAt === undefined ? '' : `"end_time":${ms(run.endedAt)},`
  const whose = `"experiment_id":${quoted(run.experimentId)},"user_id":${quoted(run.user)}`
  const when = `"status":${quoted(run.status.toUpperCase())},"start_time":${ms(run.startedAt)},${end}`
  const where = `"artifact_uri":${quoted(runPlace(run))},"lifecycle_stage":${quoted(run.lifecycle)}`
  return `{"run_id":${id},"run_uuid":${id},"run_name":${quoted(run.name)},${whose},${when}${where}}`
}

/** A text in JSON. Most need nothing but the quotes. */
function quoted(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 32 || unit > 126 || unit === 34 || unit === 92) return JSON.stringify(text)
  }
  return `"${text}"`
}
