export type { CalendarProfile, CycleProfile } from './calendar-profile.ts'
export { checkProfile } from './check-profile.ts'
export type { CompareProfilesOptions } from './compare-profiles.ts'
export { compareProfiles } from './compare-profiles.ts'
export type { Profiler, ProfilerOptions } from './create-profiler.ts'
export { createProfiler } from './create-profiler.ts'
export type {
  CategoricalProfile,
  ColumnProfile,
  DataProfile,
  NumericProfile,
  TextProfile,
} from './data-profile.ts'
export { mergeProfiles } from './merge-profiles.ts'
export type { SketchOptions } from './numeric-profiler.ts'
export { profileFromBytes, profileToBytes } from './profile-bytes.ts'
export { profileBatches, profileRows } from './profile-stream.ts'
export type { ReadCsvOptions, TextSource } from './read-csv.ts'
export { readCsv } from './read-csv.ts'
export type { VocabularyProfile } from './vocabulary-profile.ts'
