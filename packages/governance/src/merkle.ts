import { invalid, sha256 } from '@mlops/core'

/** A hash of a Merkle tree: 32 bytes. */
export type TreeHash = Uint8Array

const LEAF = 0x00
const NODE = 0x01

/** The hash of a leaf: SHA-256 over 0x00 and its bytes, so that no leaf can pass for a node. */
export function leafHash(leaf: Uint8Array): TreeHash {
  return sha256(prefixed(LEAF, leaf))
}

/**
 * The root over a list of leaf hashes; of none, the hash of nothing.
 * Cost: O(n).
 *
 * Source: RFC 6962, section 2.1.
 */
export function merkleRoot(leaves: readonly TreeHash[]): TreeHash {
  if (leaves.length === 0) return sha256('')
  return subtreeRoot(leaves, 0, leaves.length)
}

/**
 * The proof that leaf `index` is in the tree over `leaves`: the sibling hashes from the leaf up.
 *
 * @throws `invalid` `governance.no-such-leaf`
 * Source: RFC 6962, section 2.1.1.
 */
export function inclusionProof(leaves: readonly TreeHash[], index: number): TreeHash[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw invalid(
      'governance.no-such-leaf',
      `index must be from 0 to ${leaves.length - 1}, got ${index}`,
      { index, size: leaves.length },
    )
  }
  const path = (from: number, to: number): TreeHash[] => {
    if (to - from === 1) return []
    const middle = from + splitPoint(to - from)
    return index < middle
      ? [...path(from, middle), subtreeRoot(leaves, middle, to)]
      : [...path(middle, to), subtreeRoot(leaves, from, middle)]
  }
  return path(0, leaves.length)
}

/**
 * Whether a leaf is at `index` in the tree of `size` with this root. Size and root belong together:
 * take both from one checkpoint that you trust, for the proof alone does not bind the size.
 *
 * Source: RFC 9162, section 2.1.3.2.
 */
export function verifyInclusion(
  leaf: TreeHash,
  index: number,
  size: number,
  proof: readonly TreeHash[],
  root: TreeHash,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size)
    return false
  let node = index
  let last = size - 1
  let hash = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash)
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
      }
    } else {
      hash = nodeHash(hash, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equal(hash, root)
}

/**
 * The proof that the tree over `leaves` grew out of its first `size` leaves without a change.
 *
 * @throws `invalid` `governance.no-such-leaf`
 * Source: RFC 6962, section 2.1.2.
 */
export function consistencyProof(leaves: readonly TreeHash[], size: number): TreeHash[] {
  if (!Number.isInteger(size) || size < 1 || size > leaves.length) {
    throw invalid(
      'governance.no-such-leaf',
      `size must be from 1 to ${leaves.length}, got ${size}`,
      { size, total: leaves.length },
    )
  }
  const path = (m: number, from: number, to: number, whole: boolean): TreeHash[] => {
    if (m === to - from) return whole ? [] : [subtreeRoot(leaves, from, to)]
    const k = splitPoint(to - from)
    return m <= k
      ? [...path(m, from, from + k, whole), subtreeRoot(leaves, from + k, to)]
      : [...path(m - k, from + k, to, false), subtreeRoot(leaves, from, from + k)]
  }
  return path(size, 0, leaves.length, true)
}

/**
 * Whether a later tree contains an earlier one unchanged as its beginning.
 *
 * Source: RFC 9162, section 2.1.4.2.
 */
export function verifyConsistency(
  earlier: { readonly size: number; readonly root: TreeHash },
  later: { readonly size: number; readonly root: TreeHash },
  proof: readonly TreeHash[],
): boolean {
  const { size: first, root: firstRoot } = earlier
  const { size: second, root: secondRoot } = later
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(second) || first < 1 || first > second)
    return false
  if (first === second) return proof.length === 0 && equal(firstRoot, secondRoot)
  const isPowerOfTwo = Number.isInteger(Math.log2(first))
  const path = isPowerOfTwo ? [firstRoot, ...proof] : proof
  const seed = path[0]
  if (!seed) return false
  let node = first - 1
  let last = second - 1
  while (node % 2 === 1) {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  let older = seed
  let newer = seed
  for (const hash of path.slice(1)) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      older = nodeHash(hash, older)
      newer = nodeHash(hash, newer)
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
      }
    } else {
      newer = nodeHash(newer, hash)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && equal(older, firstRoot) && equal(newer, secondRoot)
}

function subtreeRoot(leaves: readonly TreeHash[], from: number, to: number): TreeHash {
  if (to - from === 1) return leaves[from]!
  const middle = from + splitPoint(to - from)
  return nodeHash(subtreeRoot(leaves, from, middle), subtreeRoot(leaves, middle, to))
}

/** The largest power of two below `n`. */
function splitPoint(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

function nodeHash(left: TreeHash, right: TreeHash): TreeHash {
  const both = new Uint8Array(left.length + right.length)
  both.set(left)
  both.set(right, left.length)
  return sha256(prefixed(NODE, both))
}

function prefixed(prefix: number, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1)
  out[0] = prefix
  out.set(bytes, 1)
  return out
}

function equal(a: TreeHash, b: TreeHash): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
