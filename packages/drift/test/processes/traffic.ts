import { createRng } from '@mlops/core'

/** The columns of one replica's traffic: numbers with holes, texts, booleans. The same for one shard. */
export function trafficOf(shard: number, rows: number) {
  const rng = createRng(shard)
  return {
    latency: Float64Array.from({ length: rows }, (_, i) =>
      i % 50 === 0 ? Number.NaN : 20 - 15 * Math.log(1 - rng.next()),
    ),
    score: Float64Array.from({ length: rows }, () => rng.next() ** 2),
    country: Array.from({ length: rows }, () => `c${Math.floor(60 * rng.next() ** 2)}`),
    cached: Array.from({ length: rows }, () => rng.int(4) === 0),
  }
}
