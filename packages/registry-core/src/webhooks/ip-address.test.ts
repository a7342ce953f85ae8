import { expect, test } from 'vitest'
import { inRanges, isPublicAddress, rangeOf } from './ip-address.ts'

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '172.15.255.255',
  '172.32.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test.each([
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  '2130706433',
  '0x7f000001',
  '127.1',
  'localhost',
  '',
])('%s is not', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test('ranges hold what shares their first bits, of the same family only', () => {
  expect(inRanges('10.1.2.3', ['10.1.0.0/16'])).toBe(true)
  expect(inRanges('10.2.2.3', ['10.1.0.0/16'])).toBe(false)
  expect(inRanges('10.1.2.3', ['0.0.0.0/0'])).toBe(true)
  expect(inRanges('10.128.0.0', ['10.128.0.0/9'])).toBe(true)
  expect(inRanges('10.127.255.255', ['10.128.0.0/9'])).toBe(false)
  expect(inRanges('::ffff:10.1.2.3', ['10.1.0.0/16'])).toBe(false)
  expect(inRanges('fd00::1', ['fd00::/8'])).toBe(true)
  expect(inRanges('fc00::1', ['fd00::/8'])).toBe(false)
  expect(inRanges('127.0.0.1', ['127.0.0.1'])).toBe(true)
  expect(inRanges('1:2:3:4:5:6:7:8', ['1:2:3:4:5:6:0:0/96'])).toBe(true)
  for (const bad of [
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    'x',
    'fd00::/129',
  ]) {
    expect(rangeOf(bad)).toBeUndefined()
  }
})
