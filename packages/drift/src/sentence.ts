import { formatNumber, type Verdict } from '@mlops/core'
import { percent } from './explain.ts'
import type { ColumnDrift, ShareChange } from './report.ts'

type Told = Pick<
  ColumnDrift,
  | 'name'
  | 'role'
  | 'status'
  | 'verdict'
  | 'decision'
  | 'changes'
  | 'effectSize'
  | 'reasons'
  | 'parts'
>

/** One sentence about a column, for people who know the product and not statistics. */
export function columnSentence(column: Told): string {
  const subject = subjectOf(column)
  const { status, decision, changes } = column
  switch (status) {
    case 'missing-column':
      return `${subject} is missing from the current data.`
    case 'new-column':
      return `${subject} is new: the reference does not know it.`
    case 'type-changed':
      return `${subject} holds another kind of value than before.`
    case 'insufficient-data':
      return `${subject} could not be judged: there are too few values.`
    case 'described':
      return `${subject} was not judged: ${column.reasons[0]}.`
    case 'compared':
      break
  }
  const what = changes[0] ? `: ${told(changes[0])}` : ''
  if (decision === null || (decision.value === null && (column.effectSize?.value ?? 0) > 0))
    return `${subject} could not be judged: '${decision?.method ?? 'the measure'}' is undefined for its values.`
  if (decision.drifted) return `${subject} has changed${what}.`
  if (column.verdict === 'warn') return `${subject} needs a look: ${column.reasons[0]}.`
  const real = decision.adjustedPValue !== null && decision.adjustedPValue < decision.alpha
  return real
    ? `${subject} has changed a little, too little to matter${what}.`
    : `${subject} looks as it did before.`
}

/** One sentence about the whole comparison. */
export function reportSentence(
  columns: readonly ColumnDrift[],
  {
    verdict,
    compared,
    drifted,
  }: { readonly verdict: Verdict; readonly compared: number; readonly drifted: number },
): string {
  if (compared === 0) return 'Nothing could be compared: no column has enough values on both sides.'
  const roles = columns.filter(({ role, decision }) => role !== undefined && decision?.drifted)
  const named = roles.map(({ name, role }) => `the ${role} '${clip(name)}'`).join(' and ')
  const gone = columns.filter(({ status }) => status === 'missing-column').length
  const broken = gone > 0 ? ` ${plural(gone, 'column is', 'columns are')} missing.` : ''
  if (drifted === 0) {
    const rest =
      verdict === 'pass'
        ? 'The data look as they did before.'
        : 'No column has changed enough to matter, but not everything is in order.'
    return `${rest}${broken}`
  }
  const top = [...columns]
    .filter(({ decision }) => decision?.drifted)
    .sort((a, b) => (b.contribution ?? 0) - (a.contribution ?? 0))[0]!
  const share =
    top.contribution !== null && top.contribution > 0
      ? ` (${percent(top.contribution)} of all change)`
      : ''
  const also = named === '' ? '' : `, among them ${named}`
  return `${drifted} of ${plural(compared, 'column', 'columns')} ${drifted === 1 ? 'has' : 'have'} changed enough to matter${also}; '${clip(top.name)}' changed most${share}.${broken}`
}

/** What happened to a share, in words. */
export function told({ where, from, to }: ShareChange): string {
  return `${where} ${to > from ? 'rose' : 'fell'} from ${percent(from)} to ${percent(to)}`
}

function subjectOf({ name, role }: Told): string {
  const quoted = `'${clip(name)}'`
  return role === undefined ? quoted : `The ${role} ${quoted}`
}

function plural(n: number, one: string, many: string): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
