import type { Digest } from '@mlops/core'
import { canonicalJson, isMlopsError } from '@mlops/core'
import { actorSchema } from '@mlops/core/schema'
import * as z from 'zod'
import { recordOf } from './record-of.ts'

const MAX_BYTES = 1_048_576
const MAX_PACKAGES = 20_000
const MAX_SEEDS = 1000
const MAX_HARDWARE = 200

const textSchema = z.string().max(2000)
const nameSchema = z.string().min(1).max(500)
const versionSchema = z.string().max(250)

export const runCodeSchema = z
  .object({
    /** Of a commit: its hexadecimal digits; or a tag, or whatever else names the version. */
    commit: z
      .string()
      .min(1)
      .max(256)
      .regex(/^[^\p{Cc}]+$/u, 'no control characters'),
    repository: textSchema.exactOptional(),
    branch: textSchema.exactOptional(),
    /** Whether there were changes that no commit has. */
    dirty: z.boolean().exactOptional(),
    /** What was run, within the repository: 'train.py'. */
    path: textSchema.exactOptional(),
  })
  .readonly()
/** Which version of which code ran. */
export type RunCode = z.infer<typeof runCodeSchema>

export const runEnvironmentSchema = z
  .object({
    runtime: z.object({ name: nameSchema, version: versionSchema }).readonly().exactOptional(),
    os: textSchema.exactOptional(),
    /** The version of each package that was installed. */
    packages: recordOf(nameSchema, versionSchema)
      .readonly()
      .refine(most(MAX_PACKAGES), {
        message: `${MAX_PACKAGES} packages at most`,
      }),
    /** { gpu: 'H100 80GB', cores: '64' } */
    hardware: recordOf(nameSchema, textSchema)
      .readonly()
      .refine(most(MAX_HARDWARE), { message: `${MAX_HARDWARE} pieces at most` })
      .exactOptional(),
    /** The container's image, best by its digest. */
    image: textSchema.exactOptional(),
  })
  .readonly()
/** What a run ran in. */
export type RunEnvironment = z.infer<typeof runEnvironmentSchema>

export const runSeedsSchema = recordOf(nameSchema, z.union([z.int(), textSchema]))
  .readonly()
  .refine((seeds) => Object.keys(seeds).length > 0, { message: 'one seed at least' })
  .refine(most(MAX_SEEDS), { message: `${MAX_SEEDS} seeds at most` })
/** The seeds of its sources of chance: `{ numpy: 7, torch: 11 }`. */
export type RunSeeds = z.infer<typeof runSeedsSchema>

/** What makes a run repeatable, each kept as its canonical JSON. */
export const originFields = {
  code: runCodeSchema.transform(toCanonicalText).exactOptional(),
  environment: runEnvironmentSchema.transform(toCanonicalText).exactOptional(),
  seeds: runSeedsSchema.transform(toCanonicalText).exactOptional(),
}

export const describeRunSchema = z
  .object({ run: z.string().max(256), ...originFields, by: actorSchema })
  .refine(
    ({ code, environment, seeds }) => [code, environment, seeds].some((part) => part !== undefined),
    'name code, environment or seeds',
  )
export type DescribeRun = Readonly<z.input<typeof describeRunSchema>>

/** Where a run came from, as far as it was told. */
export interface RunOrigin {
  /** With `from`, it was not described: MLflow's client told it by its tags. */
  readonly code?: RunCode & { readonly from?: 'mlflow-tags' }
  /** The snapshot and its content address. */
  readonly environment?: RunEnvironment & { readonly digest: Digest }
  readonly seeds?: RunSeeds
}

function most(count: number) {
  return (record: Readonly<Record<string, unknown>>) => Object.keys(record).length <= count
}

function toCanonicalText(value: unknown, { addIssue }: z.RefinementCtx): string {
  try {
    const text = canonicalJson(value)
    if (Buffer.byteLength(text) <= MAX_BYTES) return text
    addIssue({ code: 'custom', message: `longer than ${MAX_BYTES} bytes of JSON` })
  } catch (error) {
    if (!isMlopsError(error)) throw error
    addIssue({ code: 'custom', message: error.message })
  }
  return z.NEVER
}
