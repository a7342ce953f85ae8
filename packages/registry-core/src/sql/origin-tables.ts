/** Tables of what makes runs repeatable. */
export interface OriginTables {
  /** Each snapshot once, under the SHA-256 of its canonical JSON. */
  registry_environments: { digest: string; document: string; kept_at: string }
  registry_run_origins: RunOriginRow
}

export interface RunOriginRow {
  run: string
  /** Canonical JSON, as `seeds` is. */
  code: string | null
  /** The snapshot's digest. */
  environment: string | null
  seeds: string | null
}
