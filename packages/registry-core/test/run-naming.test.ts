import { expect, test } from 'vitest'
import { sqlitePlace } from './places.ts'
import { by, codeOf, withWorld } from './world.ts'

test('runs are named by project, type and date', () =>
  withWorld(
    sqlitePlace,
    0,
    async ({ registry: { runs } }) => {
      const start = (more: object) => runs.start({ experiment: 'e', by, ...more })
      const tags = { project: 'delays', type: 'grid-search' }
      expect((await start({ tags })).name).toBe('delays-grid-search-20260101')
      const at = { startedAt: '2025-12-31T23:30:00-02:00', tags }
      expect((await start(at)).name).toBe('delays-grid-search-20260101')
      expect((await start({ name: 'delays-final-20251231' })).name).toBe('delays-final-20251231')
      for (const name of [
        'x',
        'delays-20251231',
        'delays-a-20251331',
        'Delays-a-20251231',
        'a-b-c',
      ]) {
        expect(await codeOf(start({ name })), name).toBe('registry.run-name')
      }
      expect(await codeOf(start({ tags: { project: 'delays' } }))).toBe('registry.run-name')
      expect(await codeOf(start({ tags: { ...tags, type: 'Grid Search' } }))).toBe(
        'registry.run-name',
      )
      expect(await codeOf(runs.start(null as never))).toBe('registry.invalid-run')
      const { id } = await start({ tags })
      expect(await codeOf(runs.update({ run: id, name: 'x', by }))).toBe('registry.run-name')
      const renamed = await runs.update({ run: id, name: 'delays-b-20260101', by })
      expect(renamed.name).toBe('delays-b-20260101')
    },
    { runNaming: {} },
  ))

test('a pattern and values of one’s own; what is no pattern is refused at once', async () => {
  await withWorld(
    sqlitePlace,
    0,
    async ({ registry: { runs } }) => {
      const tags = { team: 'ops' }
      expect((await runs.start({ experiment: 'e', tags, by })).name).toBe('20260101.ops_delays')
    },
    { runNaming: { pattern: '{date}.{team}_{project}', values: { project: 'delays' } } },
  )
  for (const runNaming of [
    { pattern: '' },
    { pattern: 'no placeholder' },
    { pattern: '{date' },
    { pattern: '{date}(x+)+' },
    { pattern: 7 },
    { values: { project: 'a b' } },
    null,
  ]) {
    const made = withWorld(sqlitePlace, 0, async () => {}, { runNaming: runNaming as never })
    expect(await codeOf(made), JSON.stringify(runNaming)).toBe('registry.invalid-run-naming')
  }
})
