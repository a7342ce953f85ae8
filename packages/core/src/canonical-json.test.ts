import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from './canonical-json.ts'
import { digestOf, isDigest } from './digest.ts'

test('the worked example of RFC 8785, section 3.2.2', () => {
  const input = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  )
  expect(canonicalJson(input)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('keys are sorted by UTF-16 code units, as in RFC 8785, section 3.2.3', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
  const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']
  const text = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])))
  expect(Object.keys(JSON.parse(text)).filter((key) => key !== '1')).toEqual(
    sorted.filter((key) => key !== '1'),
  )
  const positions = sorted.map((key) => text.indexOf(JSON.stringify(key)))
  expect(positions).toEqual([...positions].sort((a, b) => a - b))
})

test('numbers as in RFC 8785, appendix B', () => {
  const cases: [number, string][] = [
    [-0, '0'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [1e23, '1e+23'],
    [333333333.33333325, '333333333.33333325'],
    [0.000001, '0.000001'],
    [1e-7, '1e-7'],
  ]
  for (const [value, text] of cases) expect(canonicalJson(value)).toBe(text)
})

test('parsing gives the value back, and key order makes no difference', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
  expect(digestOf({ a: 1, b: { d: 2, c: 3 } })).toBe(digestOf({ b: { c: 3, d: 2 }, a: 1 }))
  expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: '1' }))
})

test('what JSON cannot say is refused, with the place', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const bad: [unknown, string][] = [
    [{ a: [1, Number.NaN] }, '$.a[1]'],
    [{ a: Number.POSITIVE_INFINITY }, '$.a'],
    [[undefined], '$[0]'],
    [10n, '$'],
    [{ f: () => 1 }, '$.f'],
    ['\ud800', '$'],
    [{ '\udc00': 1 }, '$'],
    [new Float64Array(2), '$'],
    [new Map(), '$'],
  ]
  for (const [value, path] of bad) {
    expect(() => canonicalJson(value)).toThrowError(
      expect.objectContaining({
        code: 'core.not-json',
        details: expect.objectContaining({ path }),
      }),
    )
  }
  expect(() => canonicalJson(cycle)).toThrowError(
    expect.objectContaining({ code: 'core.not-json' }),
  )
})

test('undefined members are left out and toJSON is honoured', () => {
  expect(canonicalJson({ a: undefined, at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}')
})

test('digests have one form', () => {
  expect(digestOf({})).toBe(
    'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  )
  expect(isDigest(digestOf([]))).toBe(true)
  for (const other of ['sha256:', 'sha256:ABC', 'md5:0', 7]) expect(isDigest(other)).toBe(false)
})
