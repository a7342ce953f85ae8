import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Row } from '@mlops/core'
import type { DriftReference, DriftReport } from '@mlops/drift'
import type { MonitorReport, MonitorState } from '@mlops/drift/anytime'
import { createMonitor } from '@mlops/drift/anytime'
import type { DataProfile } from '@mlops/drift/profile'
import { compareProfiles, createProfiler, mergeProfiles } from '@mlops/drift/profile'
import { adwin } from '@mlops/drift/stream'

/** All that a restart must not lose: plain JSON, some tens of KB whatever the traffic. */
interface Saved {
  readonly monitor: MonitorState
  readonly profile: DataProfile | null
  readonly errors: ReturnType<ReturnType<typeof adwin>['start']>
}

/** Watches what the service sees and says: three questions, three answers, one file. */
export interface Watch {
  /** The rows of one request, with the predictions made of them. Saved when it returns. */
  observe(rows: readonly Row[]): void
  /** Whether the predictions were wrong, once labels arrive. Saved when it returns. */
  learnErrors(errors: readonly number[]): void
  /** May be read at any time, for years: the chance of any false alarm stays under 5 %. */
  standing(): MonitorReport
  /** What the data look like now beside the reference, column by column. */
  comparison(): DriftReport | null
  readonly errorAlarms: number
}

export function openWatch({ reference, file }: { readonly reference: DriftReference; readonly file: string }): Watch {
  const saved = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Saved) : null
  const monitor = createMonitor(saved?.monitor ?? reference)
  const detector = adwin().run(saved?.errors)
  const profiler = createProfiler({ reference })
  const earlier = saved?.profile ?? null

  function profile(): DataProfile | null {
    const recent = profiler.profile()
    if (recent.rowCount === 0) return earlier
    return earlier === null ? recent : mergeProfiles(earlier, recent)
  }

  function save(): void {
    const state: Saved = { monitor: monitor.state(), profile: profile(), errors: detector.state() }
    // Written beside and renamed: whoever is killed in between leaves the earlier file whole.
    writeFileSync(`${file}.new`, JSON.stringify(state))
    renameSync(`${file}.new`, file)
  }

  return {
    observe(rows) {
      monitor.observe(rows)
      profiler.addTable(rows)
      save()
    },
    learnErrors(errors) {
      for (const error of errors) detector.update(error)
      save()
    },
    standing: () => monitor.report(),
    comparison() {
      const now = profile()
      return now === null ? null : compareProfiles(reference, now)
    },
    get errorAlarms() {
      return detector.reading().detections
    },
  }
}
