export type { Actor } from './actor.ts'
export { canonicalJson } from './canonical-json.ts'
export type { Clock, ManualClock } from './clock.ts'
export { isoTime, manualClock, systemClock } from './clock.ts'
export type { Digest } from './digest.ts'
export { digestOf, isDigest, sha256, sha256Digest } from './digest.ts'
export type { Summary } from './display.ts'
export { escapeHtml, formatNumber, summaryHtml, summaryText, withDisplay } from './display.ts'
export type { ErrorKind, MlopsErrorInit } from './errors.ts'
export { invalid, isMlopsError, MlopsError } from './errors.ts'
export type { Evidence, EvidenceInput, Verdict, Warning } from './evidence.ts'
export { createEvidence, verifyEvidence } from './evidence.ts'
export { givenOptions } from './given-options.ts'
export type { IdSource, UuidV7Options } from './ids.ts'
export { uuidV7 } from './ids.ts'
export type { Logger } from './logger.ts'
export { silentLogger } from './logger.ts'
export type { Page, PageRequest } from './page.ts'
export { decodeCursor, encodeCursor, pageLimit } from './page.ts'
export type { Rng, RngState } from './rng.ts'
export { createRng, shuffle } from './rng.ts'
export type { SubjectRef, SubjectType } from './subject.ts'
export { formatSubject, sameSubject } from './subject.ts'
export { isMissing } from './table/cell.ts'
export type {
  CategoricalColumn,
  CellValue,
  Column,
  ColumnInput,
  ColumnType,
  NumericArray,
  NumericColumn,
  TextColumn,
  VectorLike,
} from './table/column.ts'
export { readColumn } from './table/column.ts'
export type { EmbeddingColumn, FlatEmbedding, VectorCell } from './table/embedding.ts'
export type {
  ArqueroTableLike,
  ArrowTableLike,
  ReadTableOptions,
  Row,
  Table,
  TableInput,
} from './table/table.ts'
export { readBatches, readTable } from './table/table.ts'
