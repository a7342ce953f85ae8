import type { KeyObject } from 'node:crypto'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { SigningKey, TrustedKey } from '../src/index.ts'
import { ed25519Key, trustedKeys } from '../src/index.ts'
import type { Place } from './places.ts'
import { postgresPlace, postgresUrl, sqlitePlace } from './places.ts'
import { by, codeOf, model, withWorld } from './world.ts'

interface Pair {
  readonly signing: SigningKey
  readonly trusted: TrustedKey
}

function pair(keyId: string): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = (key: KeyObject, type: 'pkcs8' | 'spki') =>
    String(key.export({ format: 'pem', type }))
  return {
    signing: ed25519Key({ keyId, privateKey: pem(privateKey, 'pkcs8') }),
    trusted: { keyId, publicKey: pem(publicKey, 'spki') },
  }
}

function suite(makePlace: () => Promise<Place>) {
  test('a stage that demands signatures takes only what is signed as it is', async () => {
    const [a, b] = [pair('a'), pair('b')]
    const known = new Map([a, b].map(({ trusted }) => [trusted.keyId, trusted]))
    const keys = { find: (keyId: string) => known.get(keyId) }
    await withWorld(
      makePlace,
      2,
      async ({ registry: { signatures, stages, artifacts, versions }, clock }) => {
        const promote = () => stages.transition({ model, version: 1, to: 'production', by })
        const missing = { status: 'refused', missing: [{ code: 'signature-required' }] }
        expect(await promote()).toMatchObject(missing)
        const sign = (key: SigningKey) => signatures.sign({ model, version: 1, key, by })
        await sign(a.signing)
        expect(await promote()).toMatchObject(missing)
        await sign(a.signing)
        expect(await promote()).toMatchObject(missing)
        await sign(b.signing)
        const statuses = async () =>
          (await signatures.verify(model, 1))
            .map(({ keyId, status }) => `${keyId} ${status}`)
            .sort()
        expect(await statuses()).toEqual(['a valid', 'b valid'])
        // A file that comes later is not what was signed.
        await artifacts.put({ model, version: 1, path: 'late.bin', content: 'x', by })
        expect(await statuses()).toEqual(['a changed', 'b changed'])
        expect(await promote()).toMatchObject(missing)
        await sign(a.signing)
        await sign(b.signing)
        // So is another signature of inputs; a description says nothing of what the version is.
        await versions.update({ model, version: 1, description: 'd', by })
        expect(await statuses()).toEqual(['a valid', 'b valid'])
        const signature = { inputs: [{ name: 'x', type: 'double' }], outputs: [] }
        await versions.update({ model, version: 1, signature, by })
        expect(await statuses()).toEqual(['a changed', 'b changed'])
        await sign(a.signing)
        await sign(b.signing)

        known.set('b', { ...b.trusted, revoked: true })
        expect(await statuses()).toEqual(['a valid', 'b revoked-key'])
        known.set('b', pair('b').trusted)
        expect(await statuses()).toEqual(['a valid', 'b forged'])
        known.delete('b')
        expect(await statuses()).toEqual(['a valid', 'b unknown-key'])
        expect(await promote()).toMatchObject(missing)
        // Rotation: what the old key signed before it was retired still counts.
        const retiredAt = new Date(clock.now() + 1000).toISOString()
        known.set('b', { ...b.trusted, retiredAt })
        expect(await statuses()).toEqual(['a valid', 'b valid'])
        clock.advance(1000)
        await sign(b.signing)
        expect(await statuses()).toEqual(['a valid', 'b retired-key'])
        const c = pair('c')
        known.set('c', c.trusted)
        await sign(c.signing)
        expect((await promote()).status).toBe('changed')
        expect(await signatures.list(model, 2)).toEqual([])
      },
      { signing: { keys, requiredFor: ['production'], signatures: 2 } },
    )
  })

  test('bytes that were changed in the database are a forgery', () =>
    withWorld(makePlace, 1, async ({ registry: { signatures }, store }) => {
      const { signing, trusted } = pair('a')
      const signed = await signatures.sign({ model, version: 1, key: signing, by })
      const keys = trustedKeys([trusted])
      const tables = store.tables<{ registry_version_signatures: { statement: string } }>()
      await tables.query
        .updateTable('registry_version_signatures')
        .set({ statement: JSON.stringify({ ...signed.statement, semver: '9.0.0' }) })
        .execute()
      expect(await signatures.verify(model, 1, { keys })).toMatchObject([{ status: 'forged' }])
      expect(await codeOf(signatures.verify(model, 1))).toBe('registry.no-keys')
    }))

  test('a key that gives no signature, and keys that are none', () =>
    withWorld(makePlace, 1, async ({ registry: { signatures } }) => {
      const sign = (key: unknown) =>
        codeOf(signatures.sign({ model, version: 1, key: key as SigningKey, by }))
      expect(await sign({ keyId: 'a', sign: () => new Uint8Array(63) })).toBe(
        'registry.invalid-signature',
      )
      expect(await sign({ keyId: 'a', sign: () => Promise.reject(new Error('down')) })).toBe(
        'registry.signing-failed',
      )
      for (const key of [null, undefined, {}, { keyId: '', sign: () => new Uint8Array(64) }]) {
        expect(await sign(key)).toBe('registry.invalid-signature')
      }
      expect(await codeOf(signatures.sign(null as never))).toBe('registry.invalid-signature')
    }))
}

describe('SQLite', () => suite(sqlitePlace))
describe.skipIf(!postgresUrl)('PostgreSQL (MLOPS_TEST_POSTGRES_URL)', () => suite(postgresPlace))

test('keys: only Ed25519, one of each id, private ones where they belong', () => {
  const ed = generateKeyPairSync('ed25519')
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = ed.publicKey.export({ format: 'jwk' })
  const code = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      return (error as { code: string }).code
    }
    return 'none'
  }
  const trusted = (publicKey: unknown, more = {}) =>
    code(() => trustedKeys([{ keyId: 'a', publicKey: publicKey as string, ...more }]))
  expect(trusted(jwk)).toBe('none')
  for (const bad of [
    ed.privateKey.export({ format: 'jwk' }),
    ed.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    ec.publicKey.export({ format: 'pem', type: 'spki' }),
    'x',
    null,
  ]) {
    expect(trusted(bad)).toBe('registry.invalid-key')
  }
  expect(trusted(jwk, { retiredAt: 'soon' })).toBe('registry.invalid-key')
  expect(code(() => trustedKeys(null as never))).toBe('registry.invalid-key')
  const twice = { keyId: 'a', publicKey: jwk as Record<string, unknown> }
  expect(code(() => trustedKeys([twice, twice]))).toBe('registry.invalid-key')
  const privateJwk = ed.privateKey.export({ format: 'jwk' }) as Record<string, unknown>
  expect(ed25519Key({ keyId: 'a', privateKey: privateJwk }).keyId).toBe('a')
  for (const privateKey of [ec.privateKey.export({ format: 'jwk' }), jwk, 'x', undefined]) {
    const given = { keyId: 'a', privateKey: privateKey as string }
    expect(code(() => ed25519Key(given))).toBe('registry.invalid-key')
  }
  expect(code(() => ed25519Key(null as never))).toBe('registry.invalid-key')
})
