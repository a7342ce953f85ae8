// The passes over memory that decide how fast the statistics are, in AssemblyScript: compiled by
// tools/build-wasm.ts into src/kernels/wasm-module.ts, which is committed. Each does exactly what the
// function of the same name in src/kernels/passes-javascript.ts does, bit for bit, on a chunk of values
// that the caller has copied to `values`.

/** How many values a chunk holds. */
export const CHUNK: i32 = 4096
/** Buckets of the largest table. */
const BUCKETS: i32 = 65536
/** Buckets of the largest table with places. */
const PLACED_BUCKETS: i32 = 16384
/** Edges that are compared one by one. */
export const MOST_EDGES: i32 = 32

export const values: usize = memory.data(CHUNK * 8, 16)
export const gathered: usize = memory.data(CHUNK * 8, 16)
export const buckets: usize = memory.data(BUCKETS * 4, 16)
/** Sums of the places in the buckets, of the tables that are small enough to have them. */
export const places: usize = memory.data(PLACED_BUCKETS * 8, 16)
export const wanted: usize = memory.data(BUCKETS, 16)
export const edges: usize = memory.data(MOST_EDGES * 8, 16)
/** Where results are left that are more than one number. */
export const result: usize = memory.data(MOST_EDGES * 8, 16)

/** Whether all n values are finite. n must be a multiple of 4. */
export function allFinite(n: i32): bool {
  const zero = f64x2.splat(0)
  let a = zero
  let b = zero
  const end = values + (<usize>n << 3)
  for (let p = values; p < end; p += 32) {
    a = f64x2.add(a, f64x2.mul(v128.load(p), zero))
    b = f64x2.add(b, f64x2.mul(v128.load(p, 16), zero))
  }
  const sum = f64x2.add(a, b)
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1) == 0
}

/** Smallest and largest of n values, to `result`. n must be a multiple of 4. */
export function extent(n: i32): void {
  let min = v128.load(values)
  let max = min
  let otherMin = min
  let otherMax = min
  const end = values + (<usize>n << 3)
  for (let p = values; p < end; p += 32) {
    const x = v128.load(p)
    const y = v128.load(p, 16)
    // One instruction each, where min and max need several for NaN and signed zeros.
    min = f64x2.pmin(min, x)
    max = f64x2.pmax(max, x)
    otherMin = f64x2.pmin(otherMin, y)
    otherMax = f64x2.pmax(otherMax, y)
  }
  min = f64x2.pmin(min, otherMin)
  max = f64x2.pmax(max, otherMax)
  store<f64>(result, Math.min(f64x2.extract_lane(min, 0), f64x2.extract_lane(min, 1)))
  store<f64>(result, Math.max(f64x2.extract_lane(max, 0), f64x2.extract_lane(max, 1)), 8)
}

/** Adds the bucket of each value to `buckets`; `last` is the largest bucket. Whether all are finite. */
export function countBuckets(n: i32, min: f64, scale: f64, last: i32): bool {
  const end = values + (<usize>n << 3)
  const even = values + (<usize>(n & ~3) << 3)
  const low = f64x2.splat(min)
  const factor = f64x2.splat(scale)
  const top = i32x4.splat(last)
  const zero = f64x2.splat(0)
  const none = i32x4.splat(0)
  let odd = zero
  let p = values
  for (; p < even; p += 32) {
    const x = v128.load(p)
    const y = v128.load(p, 16)
    // x·0 is 0 for finite x and NaN for all others.
    odd = f64x2.add(odd, f64x2.add(f64x2.mul(x, zero), f64x2.mul(y, zero)))
    const a = i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(f64x2.sub(x, low), factor))
    const b = i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(f64x2.sub(y, low), factor))
    const at = i32x4.max_s(i32x4.min_s(i64x2.shuffle(a, b, 0, 2), top), none)
    addOne(buckets + (<usize>i32x4.extract_lane(at, 0) << 2))
    addOne(buckets + (<usize>i32x4.extract_lane(at, 1) << 2))
    addOne(buckets + (<usize>i32x4.extract_lane(at, 2) << 2))
    addOne(buckets + (<usize>i32x4.extract_lane(at, 3) << 2))
  }
  let rest: f64 = f64x2.extract_lane(odd, 0) + f64x2.extract_lane(odd, 1)
  for (; p < end; p += 8) {
    const x = load<f64>(p)
    rest += x * 0
    addOne(buckets + (<usize>bucketOf(x, min, scale, last) << 2))
  }
  return rest == 0
}

/** As countBuckets of finite values, and adds the place of each value in its bucket to `places`. */
export function tallyBuckets(n: i32, min: f64, scale: f64, last: i32): void {
  const end = values + (<usize>n << 3)
  for (let p = values; p < end; p += 8) {
    const t = (load<f64>(p) - min) * scale
    const bucket = clamped(t, last)
    addOne(buckets + (<usize>bucket << 2))
    const at = places + (<usize>bucket << 3)
    store<f64>(at, load<f64>(at) + (t - <f64>bucket))
  }
}

/** Copies the values whose bucket is `wanted` to `gathered`, in their order; returns how many. */
export function gather(n: i32, min: f64, scale: f64, last: i32): i32 {
  const end = values + (<usize>n << 3)
  const even = values + (<usize>(n & ~3) << 3)
  const low = f64x2.splat(min)
  const factor = f64x2.splat(scale)
  const top = i32x4.splat(last)
  const none = i32x4.splat(0)
  let out = gathered
  let p = values
  for (; p < even; p += 32) {
    const a = i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(f64x2.sub(v128.load(p), low), factor))
    const b = i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(f64x2.sub(v128.load(p, 16), low), factor))
    const at = i32x4.max_s(i32x4.min_s(i64x2.shuffle(a, b, 0, 2), top), none)
    const first = load<u8>(wanted + <usize>i32x4.extract_lane(at, 0))
    const second = load<u8>(wanted + <usize>i32x4.extract_lane(at, 1))
    const third = load<u8>(wanted + <usize>i32x4.extract_lane(at, 2))
    const fourth = load<u8>(wanted + <usize>i32x4.extract_lane(at, 3))
    // Wanted values are rare: one predictable branch for four.
    if (!(first | second | third | fourth)) continue
    out = keep(out, p, first)
    out = keep(out, p + 8, second)
    out = keep(out, p + 16, third)
    out = keep(out, p + 24, fourth)
  }
  for (; p < end; p += 8) {
    out = keep(out, p, load<u8>(wanted + <usize>bucketOf(load<f64>(p), min, scale, last)))
  }
  return <i32>((out - gathered) >> 3)
}

/** Adds to `result[e]` how many values are >= `edges[e]`. n must be a multiple of 4, count of 2. */
export function countAtLeast(n: i32, count: i32): void {
  const end = values + (<usize>n << 3)
  const fours = count & ~3
  for (let e: i32 = 0; e < fours; e += 4) {
    const edge = edges + (<usize>e << 3)
    const e0 = v128.load64_splat(edge)
    const e1 = v128.load64_splat(edge, 8)
    const e2 = v128.load64_splat(edge, 16)
    const e3 = v128.load64_splat(edge, 24)
    let a0 = i64x2(0, 0)
    let a1 = i64x2(0, 0)
    let a2 = i64x2(0, 0)
    let a3 = i64x2(0, 0)
    for (let p = values; p < end; p += 32) {
      const x = v128.load(p)
      const y = v128.load(p, 16)
      // A comparison is -1 where it holds.
      a0 = i64x2.sub(a0, i64x2.add(f64x2.ge(x, e0), f64x2.ge(y, e0)))
      a1 = i64x2.sub(a1, i64x2.add(f64x2.ge(x, e1), f64x2.ge(y, e1)))
      a2 = i64x2.sub(a2, i64x2.add(f64x2.ge(x, e2), f64x2.ge(y, e2)))
      a3 = i64x2.sub(a3, i64x2.add(f64x2.ge(x, e3), f64x2.ge(y, e3)))
    }
    const at = result + (<usize>e << 3)
    store<f64>(at, load<f64>(at) + lanes(a0))
    store<f64>(at, load<f64>(at, 8) + lanes(a1), 8)
    store<f64>(at, load<f64>(at, 16) + lanes(a2), 16)
    store<f64>(at, load<f64>(at, 24) + lanes(a3), 24)
  }
  if (fours < count) {
    const edge = edges + (<usize>fours << 3)
    const e0 = v128.load64_splat(edge)
    const e1 = v128.load64_splat(edge, 8)
    let a0 = i64x2(0, 0)
    let a1 = i64x2(0, 0)
    for (let p = values; p < end; p += 32) {
      const x = v128.load(p)
      const y = v128.load(p, 16)
      a0 = i64x2.sub(a0, i64x2.add(f64x2.ge(x, e0), f64x2.ge(y, e0)))
      a1 = i64x2.sub(a1, i64x2.add(f64x2.ge(x, e1), f64x2.ge(y, e1)))
    }
    const at = result + (<usize>fours << 3)
    store<f64>(at, load<f64>(at) + lanes(a0))
    store<f64>(at, load<f64>(at, 8) + lanes(a1), 8)
  }
}

/** sum(x − shift) and sum((x − shift)²) of n values from `start` on, in four strands, to `result`. */
export function shiftedSums(start: i32, n: i32, shift: f64): void {
  const first = values + (<usize>start << 3)
  const end = first + (<usize>n << 3)
  const even = first + (<usize>(n & ~3) << 3)
  const origin = f64x2.splat(shift)
  let s = f64x2.splat(0)
  let t = f64x2.splat(0)
  let q = f64x2.splat(0)
  let r = f64x2.splat(0)
  let p = first
  for (; p < even; p += 32) {
    const x = f64x2.sub(v128.load(p), origin)
    const y = f64x2.sub(v128.load(p, 16), origin)
    s = f64x2.add(s, x)
    t = f64x2.add(t, y)
    q = f64x2.add(q, f64x2.mul(x, x))
    r = f64x2.add(r, f64x2.mul(y, y))
  }
  let s0 = f64x2.extract_lane(s, 0)
  let q0 = f64x2.extract_lane(q, 0)
  for (; p < end; p += 8) {
    const x = load<f64>(p) - shift
    s0 += x
    q0 += x * x
  }
  const s23 = f64x2.extract_lane(t, 0) + f64x2.extract_lane(t, 1)
  const q23 = f64x2.extract_lane(r, 0) + f64x2.extract_lane(r, 1)
  store<f64>(result, s0 + f64x2.extract_lane(s, 1) + s23)
  store<f64>(result, q0 + f64x2.extract_lane(q, 1) + q23, 8)
}

// @ts-ignore: decorator
@inline
function bucketOf(x: f64, min: f64, scale: f64, last: i32): i32 {
  return clamped((x - min) * scale, last)
}

// @ts-ignore: decorator
@inline
function clamped(t: f64, last: i32): i32 {
  return t >= <f64>last ? last : t > 0 ? <i32>t : 0
}

// @ts-ignore: decorator
@inline
function keep(out: usize, p: usize, wanted: u8): usize {
  store<f64>(out, load<f64>(p))
  return out + (<usize>wanted << 3)
}

// @ts-ignore: decorator
@inline
function addOne(at: usize): void {
  store<u32>(at, load<u32>(at) + 1)
}

// @ts-ignore: decorator
@inline
function lanes(sum: v128): f64 {
  return <f64>(i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1))
}
