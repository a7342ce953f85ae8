import { actorSchema, digestSchema, instantSchema } from '@mlops/core/schema'
import * as z from 'zod'
import {
  aliasSchema,
  artifactPathSchema,
  nameSchema,
  revisionSchema,
  tagsSchema,
  versionNumberSchema,
} from './names.ts'
import { recordOf } from './record-of.ts'

const fieldSchema = z.object({
  name: z.string().min(1).max(256),
  type: z.string().min(1).max(64),
  required: z.boolean().exactOptional(),
})

/** What a version takes and gives. */
export const signatureSchema = z.object({
  inputs: z.array(fieldSchema).max(10_000).readonly(),
  outputs: z.array(fieldSchema).max(10_000).readonly(),
})

export const versionMetadataSchema = z.object({
  trainedAt: instantSchema.exactOptional(),
  datasetVersion: z.string().max(512).exactOptional(),
  metrics: recordOf(z.string().min(1).max(250), z.number()).readonly().exactOptional(),
  /** Who made the model, where that is not who registered it. */
  createdBy: z.string().max(256).exactOptional(),
  intendedUse: z.string().max(20_000).exactOptional(),
})
export type VersionMetadata = Readonly<z.infer<typeof versionMetadataSchema>>

/** A model card: its form belongs to whoever writes it. */
const cardSchema = recordOf(z.string(), z.unknown()).readonly()

const dependencySchema = z.object({ model: nameSchema, version: versionNumberSchema })

export const modelVersionSchema = z.object({
  model: nameSchema,
  /** 1, 2, 3, … without gaps. */
  version: versionNumberSchema,
  semver: z.string(),
  stage: z.string(),
  aliases: z.array(z.string()).readonly(),
  description: z.string().max(20_000),
  tags: tagsSchema,
  metadata: versionMetadataSchema,
  signature: signatureSchema.exactOptional(),
  card: cardSchema.exactOptional(),
  runId: z.string().exactOptional(),
  dependsOn: z.array(dependencySchema).max(100).readonly(),
  createdAt: instantSchema,
  createdBy: actorSchema,
  updatedAt: instantSchema,
  /** Goes up with every change: metadata, artifacts, evidence, stage. */
  revision: revisionSchema,
})
/** One version of a registered model. */
export type ModelVersion = Readonly<z.infer<typeof modelVersionSchema>>

const versionContent = {
  description: z.string().max(20_000).exactOptional(),
  tags: tagsSchema.exactOptional(),
  metadata: versionMetadataSchema.exactOptional(),
  signature: signatureSchema.exactOptional(),
  card: cardSchema.exactOptional(),
}

/** Where a version says that it came from, in the words of the protocol that registered it. */
export const versionSourceSchema = z.object({
  /** As the caller named it: a URI, `runs:/<run>/<path>`, `models:/<id>`. */
  source: z.string().max(2048),
  /** Where its files are. */
  location: z.string().max(2048),
  /** The run as the caller named it, whether this registry knows it or not. */
  runId: z.string().max(256).default(''),
  runLink: z.string().max(2048).default(''),
  loggedModel: z.string().max(256).default(''),
})
export type VersionSource = Readonly<z.infer<typeof versionSourceSchema>>

export const createVersionSchema = z.object({
  model: nameSchema,
  /** A semantic version of one's own; else the highest one is bumped. */
  semver: z.string().max(128).exactOptional(),
  /** @default 'minor' */
  bump: z.enum(['major', 'minor', 'patch']).exactOptional(),
  ...versionContent,
  /** The run that made it; it must exist. */
  runId: z.string().max(256).exactOptional(),
  /** Versions of other models that it needs; they must exist. */
  dependsOn: z.array(dependencySchema).max(100).readonly().default([]),
  /** Kept beside the version, for protocols that speak of sources. */
  source: versionSourceSchema.exactOptional(),
  by: actorSchema,
})
export type CreateVersion = Readonly<z.input<typeof createVersionSchema>>

export const updateVersionSchema = z.object({
  model: nameSchema,
  version: versionNumberSchema,
  ...versionContent,
  /** Refuse when the version was changed since this revision. */
  expectedRevision: revisionSchema.exactOptional(),
  by: actorSchema,
})
export type UpdateVersion = Readonly<z.input<typeof updateVersionSchema>>

export const artifactSchema = z.object({
  path: artifactPathSchema,
  digest: digestSchema,
  size: z.number().int().min(0),
  mediaType: z.string().max(128),
  addedAt: instantSchema,
})
/** A file of a version, by content. */
export type Artifact = Readonly<z.infer<typeof artifactSchema>>

export const putArtifactSchema = z.object({
  model: nameSchema,
  version: versionNumberSchema,
  path: artifactPathSchema,
  mediaType: z.string().max(128).default('application/octet-stream'),
  /** Refuse content with another digest. */
  expected: digestSchema.exactOptional(),
  maxBytes: z.number().int().min(0).exactOptional(),
  by: actorSchema,
})

export const aliasCommandSchema = z.object({
  model: nameSchema,
  alias: aliasSchema,
  /** Refuse when the alias points elsewhere meanwhile; null: when it exists. */
  expectedVersion: versionNumberSchema.nullish(),
  by: actorSchema,
})
export const moveAliasSchema = aliasCommandSchema.extend({ version: versionNumberSchema })

export const tagVersionSchema = z.object({
  model: nameSchema,
  version: versionNumberSchema,
  set: tagsSchema.default({}),
  unset: z.array(z.string().max(250)).max(1000).readonly().default([]),
  by: actorSchema,
})
export type TagVersion = Readonly<z.input<typeof tagVersionSchema>>

export const removeVersionSchema = z.object({
  model: nameSchema,
  version: versionNumberSchema,
  by: actorSchema,
})
export type RemoveVersion = Readonly<z.input<typeof removeVersionSchema>>
