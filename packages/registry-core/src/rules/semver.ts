import { invalid } from '@mlops/core'

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*))?(?:\+([\da-zA-Z-]+(?:\.[\da-zA-Z-]+)*))?$/

interface Semver {
  readonly core: readonly [bigint, bigint, bigint]
  readonly pre: readonly string[]
}

/** @throws `invalid` `registry.invalid-semver` */
export function parseSemver(text: string): Semver {
  const match = SEMVER.exec(text)
  if (!match) {
    throw invalid(
      'registry.invalid-semver',
      `'${text}' is not a semantic version: write MAJOR.MINOR.PATCH, for example 1.2.0 or 2.0.0-rc.1`,
      { semver: text },
    )
  }
  const [, major, minor, patch, pre] = match
  return { core: [BigInt(major!), BigInt(minor!), BigInt(patch!)], pre: pre ? pre.split('.') : [] }
}

/** Negative when `a` comes first. Build metadata does not count. Source: Semantic Versioning 2.0.0, §11. */
export function compareSemver(a: string, b: string): number {
  const [x, y] = [parseSemver(a), parseSemver(b)]
  for (let i = 0; i < 3; i++) {
    if (x.core[i]! !== y.core[i]!) return x.core[i]! < y.core[i]! ? -1 : 1
  }
  if (x.pre.length === 0 || y.pre.length === 0) return y.pre.length - x.pre.length
  for (let i = 0; i < Math.max(x.pre.length, y.pre.length); i++) {
    const order = comparePart(x.pre[i], y.pre[i])
    if (order !== 0) return order
  }
  return 0
}

function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (numberA && numberB) return BigInt(a) < BigInt(b) ? -1 : 1
  if (numberA !== numberB) return numberA ? -1 : 1
  return a < b ? -1 : 1
}

/**
 * The next version after the highest of those there: 1.0.0 for the first. The bump of a pre-release
 * that already stands on the wanted place is its release.
 */
export function nextSemver(known: readonly string[], bump: 'major' | 'minor' | 'patch'): string {
  if (known.length === 0) return '1.0.0'
  const { core, pre } = parseSemver([...known].sort(compareSemver).at(-1)!)
  const [major, minor, patch] = core
  const released = pre.length === 0
  switch (bump) {
    case 'major':
      return `${!released && minor === 0n && patch === 0n ? major : major + 1n}.0.0`
    case 'minor':
      return `${major}.${!released && patch === 0n ? minor : minor + 1n}.0`
    case 'patch':
      return `${major}.${minor}.${released ? patch + 1n : patch}`
  }
}
