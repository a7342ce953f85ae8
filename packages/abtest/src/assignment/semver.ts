const SEMVER = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

/** Below 0, 0 or above 0 as `a` precedes, equals or follows `b` (SemVer 2.0.0, §11); undefined for other texts. */
export function compareSemver(a: string, b: string): number | undefined {
  const [x, y] = [SEMVER.exec(a), SEMVER.exec(b)]
  if (!x || !y) return undefined
  for (const part of [1, 2, 3]) {
    const gap = compareDigits(x[part]!, y[part]!)
    if (gap !== 0) return gap
  }
  return comparePrerelease(x[4], y[4])
}

function comparePrerelease(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1
  const [x, y] = [a.split('.'), b.split('.')]
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const [p, q] = [x[i]!, y[i]!]
    const numeric = [p, q].map((part) => /^\d+$/.test(part))
    // Numbers precede words.
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1
    const gap = numeric[0] ? compareDigits(p, q) : p < q ? -1 : p > q ? 1 : 0
    if (gap !== 0) return gap
  }
  return x.length - y.length
}

/** By value, of any length: more digits are more, leading zeros aside. */
function compareDigits(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')]
  if (x.length !== y.length) return x.length - y.length
  return x < y ? -1 : x > y ? 1 : 0
}
