import { sha256 } from '@mlops/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  merkleRoot,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

// The test vectors of the Certificate Transparency implementations.
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((text) => leafHash(Buffer.from(text, 'hex')))
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

test('roots of every size equal the published ones', () => {
  for (const [size, root] of ROOTS.entries())
    expect(hex(merkleRoot(LEAVES.slice(0, size)))).toBe(root)
})

test('a published inclusion proof', () => {
  expect(inclusionProof(LEAVES, 5).map(hex)).toEqual([
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ])
})

test('every leaf of every tree proves its place, and no forgery does', () => {
  for (let size = 1; size <= 8; size++) {
    const leaves = LEAVES.slice(0, size)
    const root = merkleRoot(leaves)
    for (let index = 0; index < size; index++) {
      const proof = inclusionProof(leaves, index)
      expect(verifyInclusion(leaves[index]!, index, size, proof, root)).toBe(true)
      const flipped = Uint8Array.from(leaves[index]!)
      flipped[0]! ^= 1
      expect(verifyInclusion(flipped, index, size, proof, root)).toBe(false)
      expect(verifyInclusion(leaves[index]!, index, size, [...proof, root], root)).toBe(false)
      if (proof.length > 0)
        expect(verifyInclusion(leaves[index]!, index, size, proof.slice(0, -1), root)).toBe(false)
      if (size > 1)
        expect(verifyInclusion(leaves[index]!, (index + 1) % size, size, proof, root)).toBe(false)
      expect(verifyInclusion(leaves[index]!, size, size, proof, root)).toBe(false)
    }
  }
  // The size is not bound by the proof: it must come from the checkpoint.
  expect(verifyInclusion(LEAVES[5]!, 5, 7, inclusionProof(LEAVES, 5), merkleRoot(LEAVES))).toBe(
    true,
  )
})

test('growth is provable for all sizes, a changed past is not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 39 }),
      (a, b, victim) => {
        const [first, second] = a < b ? [a, b] : [b, a]
        const leaves = Array.from({ length: second }, (_, i) => leafHash(sha256(String(i))))
        const earlier = { size: first, root: merkleRoot(leaves.slice(0, first)) }
        const later = { size: second, root: merkleRoot(leaves) }
        const proof = consistencyProof(leaves, first)
        expect(verifyConsistency(earlier, later, proof)).toBe(true)
        const changed = [...leaves]
        changed[victim % first] = leafHash(sha256('other'))
        const forged = { size: second, root: merkleRoot(changed) }
        expect(verifyConsistency(earlier, forged, consistencyProof(changed, first))).toBe(false)
      },
    ),
  )
})

test('places that do not exist are refused', () => {
  for (const index of [-1, 8, 1.5])
    expect(() => inclusionProof(LEAVES, index)).toThrowError(
      expect.objectContaining({ code: 'governance.no-such-leaf' }),
    )
  for (const size of [0, 9])
    expect(() => consistencyProof(LEAVES, size)).toThrowError(
      expect.objectContaining({ code: 'governance.no-such-leaf' }),
    )
})
