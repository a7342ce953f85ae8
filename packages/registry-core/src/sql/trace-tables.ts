/** Tables of traces and what was said of them. */
export interface TraceTables {
  registry_traces: TraceRow
  registry_trace_tags: { trace: string; key: string; value: string }
  registry_trace_metadata: { trace: string; key: string; value: string }
  registry_trace_runs: { trace: string; run: string }
  registry_assessments: AssessmentRow
}

export interface TraceRow {
  id: string
  experiment: number
  requested_at: string
  duration_ms: number | null
  /** The two above together, for searches. */
  ended_at: string | null
  state: string
  client_request_id: string | null
  request_preview: string | null
  response_preview: string | null
}

export interface AssessmentRow {
  trace: string
  id: string
  span: string | null
  name: string
  kind: string
  /** Canonical JSON, as `error` and `metadata` are. */
  value: string
  error: string | null
  source_type: string
  source_id: string
  rationale: string | null
  metadata: string
  overrides: string | null
  /** 1 or 0. */
  valid: number
  created_at: string
  updated_at: string
}
