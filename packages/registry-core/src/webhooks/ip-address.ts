import { isIP } from 'node:net'

/** A range of addresses: all that share the first `length` bits. */
interface Range {
  readonly bytes: readonly number[]
  readonly length: number
}

/** Addresses that lead into somebody's own network, or nowhere. */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map((text) => rangeOf(text)!)

const PUBLIC_V6 = rangeOf('2000::/3')!
/** Within it: tunnels that carry an IPv4 address, protocol assignments, documentation. */
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'].map(
  (text) => rangeOf(text)!,
)

/**
 * Whether an address is one of the public internet's. IPv4 addresses written as IPv6 are not, nor is
 * anything that is no address.
 *
 * Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190).
 */
export function isPublicAddress(address: string): boolean {
  const bytes = bytesOf(address)
  if (!bytes) return false
  if (bytes.length === 4) return !NOT_PUBLIC_V4.some((range) => holds(range, bytes))
  return holds(PUBLIC_V6, bytes) && !NOT_PUBLIC_V6.some((range) => holds(range, bytes))
}

/** Whether an address lies in one of the ranges, written as `10.0.0.0/8`, `fd00::/8` or one address. */
export function inRanges(address: string, ranges: readonly string[]): boolean {
  const bytes = bytesOf(address)
  if (!bytes) return false
  return ranges.some((text) => {
    const range = rangeOf(text)
    return range !== undefined && holds(range, bytes)
  })
}

/** Undefined for a text that is no range. */
export function rangeOf(text: string): Range | undefined {
  const [address = '', length, more] = text.split('/')
  const bytes = bytesOf(address)
  if (!bytes || more !== undefined) return undefined
  if (length === undefined) return { bytes, length: bytes.length * 8 }
  if (!/^\d{1,3}$/.test(length) || Number(length) > bytes.length * 8) return undefined
  return { bytes, length: Number(length) }
}

function holds({ bytes, length }: Range, address: readonly number[]): boolean {
  if (bytes.length !== address.length) return false
  for (let at = 0; at * 8 < length; at++) {
    const bits = Math.min(8, length - at * 8)
    const mask = (0xff << (8 - bits)) & 0xff
    if ((bytes[at]! & mask) !== (address[at]! & mask)) return false
  }
  return true
}

/** 4 or 16 bytes; undefined for anything else, and for addresses with a zone. */
function bytesOf(address: string): number[] | undefined {
  const family = isIP(address)
  if (family === 4) return address.split('.').map(Number)
  if (family !== 6 || address.includes('%')) return undefined
  const [head = '', tail] = address.split('::') as [string, string?]
  const before = groupsOf(head)
  const after = tail === undefined ? [] : groupsOf(tail)
  return [...before, ...Array<number>(16 - before.length - after.length).fill(0), ...after]
}

function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}
