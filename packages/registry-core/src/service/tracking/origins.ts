import { sha256Digest } from '@mlops/core'
import { parseWith } from '@mlops/core/schema'
import type { DescribeRun, RunOrigin } from '../../model/origin.ts'
import { describeRunSchema } from '../../model/origin.ts'
import type { RunOriginRow } from '../../sql/origin-tables.ts'
import type { RegistryContext } from '../context.ts'
import { conflict } from '../context.ts'
import type { OriginTexts } from './origin-records.ts'
import {
  describedEvent,
  findOrigin,
  insertOrigins,
  newOrigin,
  originsOf,
} from './origin-records.ts'
import { loadActiveRow, loadRow } from './run-records.ts'

const PARTS = ['code', 'environment', 'seeds'] as const

/** Records and tells what makes runs repeatable. */
export function createOrigins(context: RegistryContext) {
  const { db, log } = context
  return {
    async describe(command: DescribeRun): Promise<void> {
      const told = { code: 'registry.invalid-run', what: 'the run' }
      const { run, by, ...given } = parseWith(describeRunSchema, command, told)
      await db.transaction(async (tx) => {
        await loadActiveRow(tx, run)
        const fresh = unknownOf(run, given, await findOrigin(tx, run))
        if (Object.keys(fresh).length === 0) return
        const origin = newOrigin(run, fresh)
        await insertOrigins(context, tx, [origin])
        await log.append(tx, describedEvent(origin.row, by))
      })
    },
    async origin(run: string): Promise<RunOrigin> {
      await loadRow(db.query, run)
      return (await originsOf(db.query, [run]))[0]!
    },
  }
}

/** What the run does not have yet. @throws `conflict` `registry.origin-exists` */
function unknownOf(run: string, given: OriginTexts, known: RunOriginRow | undefined): OriginTexts {
  const fresh: Partial<Record<(typeof PARTS)[number], string>> = {}
  for (const part of PARTS) {
    const text = given[part]
    if (text === undefined) continue
    const before = known?.[part] ?? null
    if (before === null) fresh[part] = text
    else if (before !== (part === 'environment' ? sha256Digest(text) : text)) {
      throw conflict(
        'registry.origin-exists',
        `the ${part} of run ${run} was described otherwise, and stays so`,
        { run, part },
      )
    }
  }
  return fresh
}
