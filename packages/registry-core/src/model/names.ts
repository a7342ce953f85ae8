import * as z from 'zod'
import { recordOf } from './record-of.ts'

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

/** A name, or a pattern of names in which `*` stands for any run of characters. */
export const namePatternSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}]+$/u, 'no control characters')

const NO_NUL = 'no NUL, which PostgreSQL keeps in no text'
const withoutNul = (text: string) => !text.includes('\0')

/** Names and texts. Any name is one, `__proto__` too. */
export const tagsSchema = recordOf(
  z.string().min(1).max(250).refine(withoutNul, NO_NUL),
  z.string().max(100_000).refine(withoutNul, NO_NUL),
).readonly()

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

/**
 * Where a file lies among those of runs and logged models: a key, never a path on a disk. Names that
 * would be a way out of a directory after being decoded once more are refused as well.
 */
export const filePathSchema = z
  .string()
  .min(1)
  .max(2048)
  .regex(/^[^\p{Cc}\\#?]+$/u, 'no control characters and none of \\ # ?')
  .refine(isPlainPath, 'a relative path without empty, . or .. parts, however it is encoded')

function isPlainPath(path: string): boolean {
  let seen = path
  for (let i = 0; i < 10; i++) {
    const parts = seen.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..')) return false
    if (/^[A-Za-z]:/.test(seen) || seen.includes('\\')) return false
    const next = seen.replace(/%[0-9a-fA-F]{2}/g, (code) =>
      String.fromCharCode(Number.parseInt(code.slice(1), 16)),
    )
    if (next === seen) return true
    seen = next
  }
  return false
}
