import * as z from 'zod'

/** A registered model's or experiment's name: printable, no slash or colon, no edge blanks. */
export const nameSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(
    /^[^\s/:\p{Cc}](?:[^/:\p{Cc}]*[^\s/:\p{Cc}])?$/u,
    'no / : or control characters, no blanks at the ends',
  )

/** `champion`; not `latest` and not `v1`, which mean versions. */
export const aliasSchema = z
  .string()
  .regex(/^[A-Za-z][\w-]{0,127}$/, 'a letter, then letters, digits, _ or -, 128 at most')
  .refine(
    (alias) => alias !== 'latest' && !/^v\d+$/i.test(alias),
    'latest and v<number> are reserved',
  )

export const tagsSchema = z.record(z.string().min(1).max(250), z.string().max(5000)).readonly()

/** Where an artifact lies within a version: a key of its manifest, never a path on a disk. */
export const artifactPathSchema = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^\p{Cc}\\#?%:*"<>|]+$/u, 'no control characters and none of \\ # ? % : * " < > |')
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'a relative path without empty, . or .. parts',
  )

export const versionNumberSchema = z.number().int().min(1)

export const revisionSchema = z.number().int().min(1)
