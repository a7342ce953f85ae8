import { invalid, MlopsError, sha256 } from '@mlops/core'
import { checkFrequentItems, type FrequentItemsSketch } from './frequent-items.ts'
import {
  checkHyperLogLog,
  type HyperLogLogSketch,
  registerValues,
  sketchOfRegisters,
} from './hyper-log-log.ts'
import { checkKll, type KllSketch } from './kll.ts'

/** Any of the sketches. */
export type Sketch = KllSketch | HyperLogLogSketch | FrequentItemsSketch

const MAGIC = [0x4d, 0x4c, 0x53, 0x4b] as const
const VERSION = 1
const CHECK_BYTES = 8
const KINDS = ['kll', 'hyper-log-log', 'frequent-items'] as const

/**
 * The binary form of a sketch, the same bytes on every runtime.
 *
 * `MLSK`, format version, kind, the fields in little-endian order, and the first 8 bytes of the
 * SHA-256 of all that.
 *
 * Output: for KLL 8 bytes a retained value, for HyperLogLog one a register, for items their UTF-8.
 * Cost: O(size).
 *
 * @throws `invalid` `stats.bad-sketch`.
 * @example
 * ```ts
 * import { createKll, sketchFromBytes, sketchToBytes } from '@mlops/stats'
 *
 * const builder = createKll()
 * builder.addAll([1, 2, 3])
 * const bytes = sketchToBytes(builder.sketch())
 * console.log(bytes.length, sketchFromBytes(bytes).kind) // 83 'kll'
 * ```
 */
export function sketchToBytes(sketch: Sketch): Uint8Array<ArrayBuffer> {
  checkSketch(sketch)
  const out = new ByteWriter()
  for (const byte of MAGIC) out.u8(byte)
  out.u8(VERSION)
  out.u8(KINDS.indexOf(sketch.kind))
  switch (sketch.kind) {
    case 'kll':
      writeKll(out, sketch)
      break
    case 'hyper-log-log':
      out.u8(sketch.precision)
      out.bytes(registerValues(sketch))
      break
    case 'frequent-items':
      writeItems(out, sketch)
  }
  const body = out.done()
  const whole = new Uint8Array(body.length + CHECK_BYTES)
  whole.set(body)
  whole.set(sha256(body).subarray(0, CHECK_BYTES), body.length)
  return whole
}

/**
 * Reads the binary form back. Damaged bytes are refused before anything is believed of them; no
 * length in them makes the reader allocate more than their own size.
 *
 * @throws `invalid` `stats.corrupt-sketch`; `unsupported` `stats.unsupported-sketch-format` for a
 *   format that this version does not know.
 */
export function sketchFromBytes(bytes: Uint8Array): Sketch {
  const body = checkedBody(bytes)
  const reader = new ByteReader(body)
  for (const byte of MAGIC) if (reader.u8() !== byte) throw corrupt('it does not begin with MLSK')
  const version = reader.u8()
  if (version !== VERSION) {
    throw new MlopsError({
      kind: 'unsupported',
      code: 'stats.unsupported-sketch-format',
      message: `the sketch has format ${version}, this version reads format ${VERSION}; update @mlops/stats`,
      details: { version },
    })
  }
  const sketch = readBody(reader)
  if (reader.left() > 0) throw corrupt(`${reader.left()} bytes are left over`)
  try {
    checkSketch(sketch)
  } catch (cause) {
    throw corrupt((cause as Error).message)
  }
  return sketch
}

/**
 * Confirms that a sketch of any kind, perhaps read back from JSON, is one.
 *
 * @throws `invalid` `stats.bad-sketch`, naming what is wrong.
 */
export function checkSketch(sketch: Sketch): void {
  if (sketch?.kind === 'kll') checkKll(sketch)
  else if (sketch?.kind === 'hyper-log-log') checkHyperLogLog(sketch)
  else if (sketch?.kind === 'frequent-items') checkFrequentItems(sketch)
  else throw invalid('stats.bad-sketch', `a sketch is one of ${KINDS.join(', ')}.`, {})
}

function checkedBody(bytes: Uint8Array): Uint8Array {
  if (!(bytes instanceof Uint8Array) || bytes.length < MAGIC.length + 2 + CHECK_BYTES)
    throw corrupt('it is too short')
  const body = bytes.subarray(0, bytes.length - CHECK_BYTES)
  const check = sha256(body)
  for (let i = 0; i < CHECK_BYTES; i++) {
    if (bytes[body.length + i] !== check[i]) throw corrupt('the checksum does not fit')
  }
  return body
}

function readBody(reader: ByteReader): Sketch {
  const kind = KINDS[reader.u8()]
  switch (kind) {
    case 'kll':
      return readKll(reader)
    case 'hyper-log-log': {
      const precision = reader.u8()
      return sketchOfRegisters(precision, reader.bytes(2 ** Math.min(precision, 32)))
    }
    case 'frequent-items':
      return readItems(reader)
    default:
      throw corrupt('its kind is unknown')
  }
}

function writeKll(out: ByteWriter, { k, seed, n, worstCase, min, max, levels }: KllSketch): void {
  out.u32(k)
  out.u32(seed)
  out.f64(n)
  out.f64(worstCase)
  out.f64(min ?? 0)
  out.f64(max ?? 0)
  out.u8(levels.length)
  for (const level of levels) {
    out.u32(level.length)
    for (const value of level) out.f64(value)
  }
}

function readKll(reader: ByteReader): KllSketch {
  const [k, seed] = [reader.u32(), reader.u32()]
  const [n, worstCase, min, max] = [reader.f64(), reader.f64(), reader.f64(), reader.f64()]
  const levels = Array.from({ length: reader.u8() }, () => {
    const count = reader.count(8)
    return Array.from({ length: count }, () => reader.f64())
  })
  const ends = n === 0 ? { min: null, max: null } : { min, max }
  return { kind: 'kll', formatVersion: 1, k, seed, n, ...ends, worstCase, levels }
}

function writeItems(out: ByteWriter, { capacity, n, offset, items }: FrequentItemsSketch): void {
  out.u32(capacity)
  out.f64(n)
  out.f64(offset)
  out.u32(items.length)
  for (const [item, count] of items) {
    const text = new TextEncoder().encode(item)
    out.f64(count)
    out.u32(text.length)
    out.bytes(text)
  }
}

function readItems(reader: ByteReader): FrequentItemsSketch {
  const capacity = reader.u32()
  const [n, offset] = [reader.f64(), reader.f64()]
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const items = Array.from({ length: reader.count(12) }, (): [string, number] => {
    const count = reader.f64()
    const text = reader.bytes(reader.count(1))
    try {
      return [utf8.decode(text), count]
    } catch {
      throw corrupt('an item is not UTF-8')
    }
  })
  return { kind: 'frequent-items', formatVersion: 1, capacity, n, offset, items }
}

function corrupt(fault: string) {
  return invalid('stats.corrupt-sketch', `these bytes are no sketch: ${fault}.`, { fault })
}

class ByteWriter {
  #buffer = new Uint8Array(256)
  #view = new DataView(this.#buffer.buffer)
  #at = 0

  #room(size: number): number {
    if (this.#at + size > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(2 * this.#buffer.length, this.#at + size))
      grown.set(this.#buffer)
      this.#buffer = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#at += size
    return this.#at - size
  }
  u8(value: number): void {
    const at = this.#room(1)
    this.#view.setUint8(at, value)
  }
  u32(value: number): void {
    const at = this.#room(4)
    this.#view.setUint32(at, value, true)
  }
  f64(value: number): void {
    const at = this.#room(8)
    this.#view.setFloat64(at, value, true)
  }
  bytes(values: Uint8Array): void {
    const at = this.#room(values.length)
    this.#buffer.set(values, at)
  }
  done(): Uint8Array {
    return this.#buffer.subarray(0, this.#at)
  }
}

class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  left(): number {
    return this.#bytes.length - this.#at
  }
  #take(size: number): number {
    if (size > this.left()) throw corrupt(`${size} bytes are due, ${this.left()} are left`)
    this.#at += size
    return this.#at - size
  }
  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }
  f64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }
  bytes(count: number): Uint8Array {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }
  /** A number of entries, of which each takes at least `size` bytes. */
  count(size: number): number {
    const count = this.u32()
    if (count * size > this.left()) throw corrupt(`${count} entries cannot fit`)
    return count
  }
}
