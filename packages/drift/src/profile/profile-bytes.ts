import { canonicalJson, MlopsError, sha256 } from '@mlops/core'
import type { Sketch } from '@mlops/stats'
import { sketchFromBytes, sketchToBytes } from '@mlops/stats'
import { checkProfile } from './check-profile.ts'
import { displayed } from './create-profiler.ts'
import type { ColumnProfile, DataProfile } from './data-profile.ts'

const MAGIC = 'MLDP'
/** The layout has not changed since the first; what the outline may hold has. */
const VERSIONS: readonly (number | undefined)[] = [1, 2]
const CHECK_BYTES = 8

/**
 * The binary form of a profile, the same bytes on every runtime: about half of its JSON.
 *
 * `MLDP`, the format version, then, each with its length before it, the canonical JSON of everything
 * but the sketches and the sketches in their own binary form; at the end the first 8 bytes of the
 * SHA-256 of all that.
 *
 * Cost: O(size).
 *
 * @throws `invalid` `drift.not-a-profile`, `stats.bad-sketch`.
 * @example
 * ```ts
 * import { createProfiler, profileFromBytes, profileToBytes } from '@mlops/drift/profile'
 *
 * const profiler = createProfiler()
 * profiler.add({ age: 31 })
 * const bytes = profileToBytes(profiler.profile())
 * console.log(profileFromBytes(bytes).rowCount) // 1
 * ```
 */
export function profileToBytes(profile: DataProfile): Uint8Array<ArrayBuffer> {
  checkProfile(profile)
  const sketches: Uint8Array[] = []
  const outline = canonicalJson(
    mapSketches(profile, (sketch) => sketches.push(sketchToBytes(sketch as Sketch)) - 1),
  )
  const parts = [new TextEncoder().encode(outline), ...sketches]
  const size = parts.reduce((sum, part) => sum + 4 + part.length, MAGIC.length + 1)
  const bytes = new Uint8Array(size + CHECK_BYTES)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i)
  bytes[MAGIC.length] = profile.formatVersion
  let at = MAGIC.length + 1
  for (const part of parts) {
    view.setUint32(at, part.length, true)
    bytes.set(part, at + 4)
    at += 4 + part.length
  }
  bytes.set(sha256(bytes.subarray(0, size)).subarray(0, CHECK_BYTES), size)
  return bytes
}

/**
 * Reads the binary form of a profile back. Damaged bytes are refused before anything is believed of
 * them; no length in them makes the reader allocate more than their own size.
 *
 * @throws `invalid` `drift.corrupt-profile`; `unsupported` `drift.unsupported-format`.
 */
export function profileFromBytes(bytes: Uint8Array): DataProfile {
  const parts = partsOf(bytes)
  try {
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const sketches = parts.slice(1).map(sketchFromBytes)
    const outline = JSON.parse(utf8.decode(parts[0])) as DataProfile
    const profile = mapSketches(outline, (index) => sketches[index as number])
    checkProfile(profile)
    return displayed(profile)
  } catch (cause) {
    throw corrupt((cause as Error).message, cause)
  }
}

function partsOf(bytes: Uint8Array): Uint8Array[] {
  const size = bytes instanceof Uint8Array ? bytes.length - CHECK_BYTES : -1
  if (size <= MAGIC.length) throw corrupt('they are too few')
  const check = sha256(bytes.subarray(0, size))
  for (let i = 0; i < CHECK_BYTES; i++)
    if (bytes[size + i] !== check[i]) throw corrupt('the checksum does not fit')
  for (let i = 0; i < MAGIC.length; i++)
    if (bytes[i] !== MAGIC.charCodeAt(i)) throw corrupt(`they do not begin with ${MAGIC}`)
  const version = bytes[MAGIC.length]
  if (!VERSIONS.includes(version)) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'drift.unsupported-format',
      message: `the profile has format ${version}, this version reads formats ${VERSIONS.join(' and ')}; update @mlops/drift`,
      details: { formatVersion: version },
    })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, size)
  const parts: Uint8Array[] = []
  for (let at = MAGIC.length + 1; at < size; ) {
    const length = size - at < 4 ? size : view.getUint32(at, true)
    if (length > size - at - 4) throw corrupt('a length points beyond their end')
    parts.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  if (parts.length === 0) throw corrupt('the outline is missing')
  return parts
}

/** The profile with every sketch replaced; what `replace` gives need not be a sketch. */
function mapSketches(profile: DataProfile, replace: (sketch: unknown) => unknown): DataProfile {
  return { ...profile, columns: profile.columns.map((column) => mapColumn(column, replace)) }
}

function mapColumn<Column extends ColumnProfile>(
  column: Column,
  replace: (sketch: unknown) => unknown,
): Column {
  const mapped: Record<string, unknown> = { ...column }
  for (const key of ['quantiles', 'distinct', 'items', 'distinctWords'])
    if (key in mapped) mapped[key] = replace(mapped[key])
  if ('lengths' in column && column.lengths)
    mapped['lengths'] = { ...column.lengths, quantiles: replace(column.lengths.quantiles) }
  if ('documents' in column)
    mapped['documents'] = column.documents.map((document) => mapColumn(document, replace))
  return mapped as unknown as Column
}

function corrupt(fault: string, cause?: unknown) {
  return new MlopsError({
    kind: 'invalid',
    code: 'drift.corrupt-profile',
    message: `these bytes are no profile: ${fault}`,
    details: { fault },
    cause,
  })
}
