import { mlflowInvalid } from './errors.ts'

const VIEWS = { ACTIVE_ONLY: 'active', DELETED_ONLY: 'deleted', ALL: 'all' } as const
const NUMBERED = { 1: 'active', 2: 'deleted', 3: 'all' } as const

/** `ACTIVE_ONLY`, `DELETED_ONLY`, `ALL`, or their numbers. */
export function readView(value: unknown): 'active' | 'deleted' | 'all' {
  if (value === undefined || value === '') return 'active'
  const view =
    VIEWS[value as keyof typeof VIEWS] ?? NUMBERED[Number(value) as keyof typeof NUMBERED]
  if (view) return view
  throw mlflowInvalid(`Invalid value ${JSON.stringify(value)} for parameter 'view_type' supplied.`)
}
