import { Buffer } from 'node:buffer'

/** A growing buffer of bytes that is written from its start for every text. */
export interface Utf8Scratch {
  bytes: Uint8Array
  /** Of the same memory. */
  view: DataView
  length: number
}

export function utf8Scratch(): Utf8Scratch {
  const bytes = new Uint8Array(256)
  return { bytes, view: new DataView(bytes.buffer), length: 0 }
}

/** Writes `text` as UTF-8 behind the first `from` bytes, and room behind it. Lone surrogates become U+FFFD. */
export function writeUtf8(scratch: Utf8Scratch, text: string, from: number): void {
  const room = from + 3 * text.length + 16
  if (scratch.bytes.length < room) {
    const grown = new Uint8Array(2 * room)
    grown.set(scratch.bytes.subarray(0, from))
    scratch.bytes = grown
    scratch.view = new DataView(grown.buffer)
  }
  const { bytes } = scratch
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127) {
      const rest = Buffer.from(text.slice(i), 'utf8')
      bytes.set(rest, from + i)
      scratch.length = from + i + rest.length
      return
    }
    bytes[from + i] = unit
  }
  scratch.length = from + text.length
}
