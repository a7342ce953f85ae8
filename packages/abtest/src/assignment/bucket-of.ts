import { createHash } from 'node:crypto'
import { invalid } from '@mlops/core'
import { requireCount } from '../require-option.ts'
import { growthbookHash } from './growthbook.ts'
import { murmur3Share, murmur3Start, murmur3x86Hash32 } from './murmur3.ts'
import { utf8Scratch, writeUtf8 } from './utf8.ts'

/**
 * The named, frozen algorithms of assignment. What a name computes never changes; a better one gets
 * another name.
 */
export type AssignmentAlgorithm =
  | 'mlops-v1'
  | 'growthbook-v1'
  | 'growthbook-v2'
  | 'unleash-murmur3'
  | 'md5-shard'

export const ALGORITHMS: readonly AssignmentAlgorithm[] = [
  'mlops-v1',
  'growthbook-v1',
  'growthbook-v2',
  'unleash-murmur3',
  'md5-shard',
]

/** What a bucket is drawn for: each purpose gets numbers of its own. */
export type BucketPurpose = 'enrolment' | 'variant' | 'namespace' | 'holdout'

/** Draws the bucket of a unit under one algorithm, purpose and salt. */
export type Bucketer = (unit: string) => number

/**
 * The bucket of a unit: a number in [0, 1), the same for ever.
 *
 * - `mlops-v1`: MurmurHash3 x86-128 with seed 0 over the UTF-8 bytes of
 *   `<purpose>:<length of the salt in bytes>:<salt>:<unit>`; the first 53 bits over 2⁵³. Purposes and
 *   salts give independent numbers.
 * - `growthbook-v1`, `growthbook-v2`: {@link growthbookHash} with the salt as seed, over UTF-16 code
 *   units; one number for enrolment and variant, whose ranges shrink with the coverage.
 * - `unleash-murmur3`: MurmurHash3 x86-32 over the UTF-8 bytes of `<salt>:<unit>`; seed 0 modulo 100
 *   for the enrolment, seed 86028157 modulo 1000 for the variant.
 * - `md5-shard`: the first 8 hexadecimal digits of MD5 over `<salt>-<unit>` modulo 10000. The salt of
 *   the enrolment defaults to `traffic-<key>`, that of the variant to `split-<key>`.
 *
 * Cost: about 0.1 µs; `md5-shard` 1 µs.
 *
 * @throws `invalid` `abtest.invalid-option` for an unknown algorithm.
 * @example
 * ```ts
 * import { bucketOf } from '@mlops/abtest/assignment'
 *
 * console.log(bucketOf('mlops-v1', 'variant', 'checkout', 'user-1').toFixed(6)) // 0.732160
 * ```
 * Differs from: Unleash's Node SDK, which hashes the low bytes of UTF-16 code units; other Unleash
 * SDKs hash UTF-8, as here.
 */
export function bucketOf(
  algorithm: AssignmentAlgorithm,
  purpose: BucketPurpose,
  salt: string,
  unit: string,
): number {
  return bucketer(algorithm, purpose, salt)(unit)
}

/** {@link bucketOf} with all but the unit fixed, and the work for it done once. */
export function bucketer(
  algorithm: AssignmentAlgorithm,
  purpose: BucketPurpose,
  salt: string,
): Bucketer {
  switch (algorithm) {
    case 'mlops-v1':
      return murmurBucketer(purpose, salt)
    case 'growthbook-v1':
      return (unit) => growthbookHash(purpose === 'namespace' ? `__${salt}` : salt, unit, 1)!
    case 'growthbook-v2':
      if (purpose === 'namespace') return (unit) => growthbookHash(`__${salt}`, unit, 1)!
      return (unit) => growthbookHash(salt, unit, 2)!
    case 'unleash-murmur3':
      if (purpose === 'variant')
        return (unit) => unleashValue(unit, salt, 1000, VARIANT_SEED) / 1000
      if (purpose === 'enrolment') return (unit) => unleashValue(unit, salt, 100, 0) / 100
      return murmurBucketer(purpose, salt)
    case 'md5-shard':
      if (purpose === 'variant' || purpose === 'enrolment')
        return (unit) => md5Shard(`${salt}-${unit}`, 10_000) / 10_000
      return murmurBucketer(purpose, salt)
    default:
      throw invalid(
        'abtest.invalid-option',
        `algorithm must be one of ${ALGORITHMS.join(', ')}, got ${String(algorithm)}`,
        { algorithm },
      )
  }
}

const VARIANT_SEED = 86028157

/**
 * Unleash's normalised value: `murmur3(groupId:id, seed) mod normalizer + 1`, a whole number from 1 to
 * `normalizer`. A rollout of p percent takes values up to p.
 *
 * @example
 * ```ts
 * import { unleashNormalized } from '@mlops/abtest/assignment'
 *
 * console.log(unleashNormalized('123', 'gr1')) // 73
 * ```
 * Source: Unleash client specification.
 */
export function unleashNormalized(id: string, groupId: string, normalizer = 100, seed = 0): number {
  requireCount('normalizer', normalizer, 1)
  return unleashValue(id, groupId, normalizer, seed) + 1
}

function unleashValue(id: string, groupId: string, normalizer: number, seed: number): number {
  const scratch = utf8Scratch()
  writeUtf8(scratch, `${groupId}:${id}`, 0)
  return murmur3x86Hash32(scratch, seed) % normalizer
}

/**
 * The shard of a text: the first 8 hexadecimal digits of its MD5 modulo `shards`.
 *
 * @example
 * ```ts
 * import { md5Shard } from '@mlops/abtest/assignment'
 *
 * console.log(md5Shard('alice', 10_000)) // 3170
 * ```
 * Source: Eppo's SDKs.
 */
export function md5Shard(text: string, shards: number): number {
  requireCount('shards', shards, 1)
  if (typeof text !== 'string')
    throw invalid('abtest.invalid-option', `md5Shard takes a text, got ${typeof text}`, {})
  return createHash('md5').update(text).digest().readUInt32BE(0) % shards
}

function murmurBucketer(purpose: BucketPurpose, salt: string): Bucketer {
  const scratch = utf8Scratch()
  writeUtf8(scratch, salt, 0)
  writeUtf8(scratch, `${purpose}:${scratch.length}:${salt}:`, 0)
  const from = scratch.length
  const start = murmur3Start(scratch)
  return (unit) => {
    writeUtf8(scratch, unit, from)
    return murmur3Share(scratch, start)
  }
}
