import type { Clock } from '@mlops/core'
import { invalid, isoTime } from '@mlops/core'
import type { RunNaming } from '../rules/run-naming.ts'
import { assertRunNaming, DEFAULT_PATTERN, fitsNaming, runNameOf } from '../rules/run-naming.ts'
import type { Runs } from './tracking/runs.ts'

/** Names runs that come without a name, and refuses names of another form. */
export function withRunNaming(
  runs: Runs,
  { runNaming, clock }: { readonly runNaming: RunNaming; readonly clock: Clock },
): Runs {
  assertRunNaming(runNaming)
  const { pattern = DEFAULT_PATTERN } = runNaming

  function assertName(name: unknown): void {
    if (typeof name !== 'string' || name === '' || fitsNaming(runNaming, name)) return
    throw invalid('registry.run-name', `the run's name '${name}' is not of the form ${pattern}`, {
      name,
      pattern,
    })
  }

  return {
    ...runs,
    async start(command) {
      if (typeof command !== 'object' || command === null) return runs.start(command)
      const { name, tags = {}, startedAt } = command
      if (name !== undefined && name !== '') {
        assertName(name)
        return runs.start(command)
      }
      const started = typeof startedAt === 'string' ? Date.parse(startedAt) : Number.NaN
      const at = Number.isNaN(started) ? isoTime(clock) : new Date(started).toISOString()
      return runs.start({ ...command, name: runNameOf(runNaming, { tags: tags ?? {}, at }) })
    },
    async update(command) {
      assertName(command?.name)
      return runs.update(command)
    },
  }
}
