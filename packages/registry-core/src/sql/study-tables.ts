/** Tables of hyperparameter searches. */
export interface StudyTables {
  registry_studies: StudyRow
  registry_trials: TrialRow
}

export interface StudyRow {
  id: string
  /** The place of its event in the log: the order of the studies. */
  event_seq: number
  experiment: number
  name: string
  strategy: string
  space: string
  objectives: string
  max_trials: number | null
  max_ms: number | null
  seed: number | null
  status: string
  /** How many were started: the number of the last one. */
  trials: number
  created_at: string
  created_by: string
  closed_at: string | null
  reason: string
  revision: number
}

export interface TrialRow {
  study: string
  number: number
  params: string
  run: string | null
  status: string
  /** JSON by objective; numbers as ECMAScript prints them: exact, and able to say NaN. */
  measured: string
  reason: string
  started_at: string
  ended_at: string | null
  /** Digest of the request that ended it, to know the same one again. */
  ended_with: string | null
}
