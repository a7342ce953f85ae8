import type { Tolerance } from './case.ts'

/** One disagreement: where, and both values. */
export interface Mismatch {
  readonly path: string
  readonly expected: unknown
  readonly actual: unknown
}

/**
 * Where `actual` disagrees with `expected`. Only what is expected is looked at: an answer may say more.
 * Numbers compare by the tolerance, `"Infinity"` stands for Infinity, p-values below 1e-15 by their order of
 * magnitude where the tolerance is relative.
 */
export function compare(
  expected: unknown,
  actual: unknown,
  tolerance: Tolerance,
  path = '',
): Mismatch[] {
  if (Array.isArray(expected)) {
    const items: readonly unknown[] =
      Array.isArray(actual) || ArrayBuffer.isView(actual)
        ? Array.from(actual as ArrayLike<unknown>)
        : []
    if (items.length !== expected.length) return [{ path, expected, actual }]
    return expected.flatMap((item, i) => compare(item, items[i], tolerance, `${path}[${i}]`))
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return [{ path, expected, actual }]
    return Object.entries(expected).flatMap(([key, value]) =>
      compare(
        value,
        (actual as Record<string, unknown>)[key],
        toleranceFor(tolerance, key),
        path === '' ? key : `${path}.${key}`,
      ),
    )
  }
  return agrees(expected, actual, tolerance, path) ? [] : [{ path, expected, actual }]
}

function toleranceFor(tolerance: Tolerance, key: string): Tolerance {
  if (typeof tolerance === 'number' || 'rel' in tolerance) return tolerance
  return tolerance[key] ?? tolerance
}

function agrees(expected: unknown, actual: unknown, tolerance: Tolerance, path: string): boolean {
  const want = asNumber(expected)
  const got = asNumber(actual)
  if (want === undefined || got === undefined) return Object.is(expected, actual)
  if (want === got) return true
  const gap = Math.abs(got - want)
  if (typeof tolerance === 'number') return gap <= tolerance
  if ('rel' in tolerance) {
    const pValue = /(^|[._])p(_\w+)?$/.test(path)
    if (pValue && want < 1e-15)
      return got < 1e-14 && (want === 0 || Math.abs(Math.log10(got / want)) <= 1)
    return gap <= tolerance['rel']! * Math.max(Math.abs(want), 1e-12)
  }
  return gap <= Math.max(...Object.values(tolerance))
}

function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (value === 'Infinity') return Infinity
  if (value === '-Infinity') return -Infinity
  return undefined
}
