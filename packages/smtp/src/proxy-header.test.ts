import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readProxyHeader, type ProxyHeader } from './proxy-header.ts'

const start = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** A header of version 2. */
function binary(versionAndCommand: number, family: number, body: Buffer): Buffer {
  const fixed = Buffer.from([versionAndCommand, family, 0, 0])
  fixed.writeUInt16BE(body.length, 2)
  return Buffer.concat([start, fixed, body])
}

const ports = Buffer.from([0xdc, 0x04, 0, 25])
const four = Buffer.concat([Buffer.from([192, 0, 2, 1, 198, 51, 100, 7]), ports])
const six = Buffer.concat([
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.from('20010db8000000000000000000000002', 'hex'),
  ports,
])

const mapped = Buffer.concat([
  Buffer.from('00000000000000000000ffffc0000201', 'hex'),
  Buffer.from('00000000000000000000ffffc6336407', 'hex'),
  ports,
])

const ends = (source: string, destination: string, bytes: number): ProxyHeader => ({
  kind: 'header',
  bytes,
  proxied: {
    source: { address: source, port: 56_324 },
    destination: { address: destination, port: 25 },
  },
})

const good: readonly (readonly [string, Buffer, ProxyHeader])[] = [
  [
    'line, IPv4',
    Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\n'),
    ends('192.0.2.1', '198.51.100.7', 44),
  ],
  [
    'line, IPv6',
    Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 56324 25\r\n'),
    ends('2001:db8::1', '2001:db8::2', 45),
  ],
  ['line, unknown', Buffer.from('PROXY UNKNOWN\r\n'), { kind: 'header', bytes: 15, proxied: {} }],
  [
    'line, unknown with words',
    Buffer.from('PROXY UNKNOWN ffff::1 x 1 2\r\n'),
    { kind: 'header', bytes: 29, proxied: {} },
  ],
  ['binary, IPv4', binary(0x21, 0x11, four), ends('192.0.2.1', '198.51.100.7', 28)],
  ['binary, IPv6', binary(0x21, 0x21, six), ends('2001:db8::1', '2001:db8::2', 52)],
  ['binary, mapped IPv4', binary(0x21, 0x21, mapped), ends('192.0.2.1', '198.51.100.7', 52)],
  [
    'binary, extras',
    binary(0x21, 0x11, Buffer.concat([four, Buffer.alloc(40)])),
    ends('192.0.2.1', '198.51.100.7', 68),
  ],
  [
    'binary, local',
    binary(0x20, 0x00, Buffer.alloc(0)),
    { kind: 'header', bytes: 16, proxied: {} },
  ],
  [
    'binary, local with an address',
    binary(0x20, 0x11, four),
    { kind: 'header', bytes: 28, proxied: {} },
  ],
  [
    'binary, unix',
    binary(0x21, 0x31, Buffer.alloc(216)),
    { kind: 'header', bytes: 232, proxied: {} },
  ],
]

test('headers of both versions are read, whatever follows them', () => {
  for (const [name, octets, expected] of good) {
    const followed = Buffer.concat([octets, Buffer.from('EHLO x\r\n')])
    assert.deepEqual(readProxyHeader(octets), expected, name)
    assert.deepEqual(readProxyHeader(followed), expected, name)
  }
})

test('a header that is cut anywhere asks for more', () => {
  for (const [name, octets] of good) {
    for (let end = 0; end < octets.length; end++) {
      assert.deepEqual(readProxyHeader(octets.subarray(0, end)), { kind: 'more' }, `${name} ${end}`)
    }
  }
})

test('what is no header is bad, at once and within bounds', () => {
  const wrong: readonly (string | Uint8Array)[] = [
    'EHLO client.example.test\r\n',
    'proxy TCP4 192.0.2.1 198.51.100.7 56324 25\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.7 56324 25 26\r\n',
    'PROXY TCP4  192.0.2.1 198.51.100.7 56324 25\r\n',
    'PROXY TCP4 2001:db8::1 2001:db8::2 56324 25\r\n',
    'PROXY TCP6 192.0.2.1 198.51.100.7 56324 25\r\n',
    'PROXY TCP4 192.0.2.256 198.51.100.7 56324 25\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.7 65536 25\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.7 056 25\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.7 -1 25\r\n',
    'PROXY UDP4 192.0.2.1 198.51.100.7 56324 25\r\n',
    `PROXY UNKNOWN ${'x'.repeat(107)}`,
    binary(0x11, 0x11, four),
    binary(0x22, 0x11, four),
    binary(0x21, 0x11, four.subarray(0, 11)),
    binary(0x21, 0x21, four),
    binary(0x21, 0x11, Buffer.alloc(60_000)).subarray(0, 20),
  ]
  for (const each of wrong) {
    assert.equal(readProxyHeader(Buffer.from(each)).kind, 'bad', String(each).slice(0, 60))
  }
})

test('no octets make the reader throw or wait beyond its bounds', () => {
  const start2 = fc.constantFrom(
    Buffer.from('PROXY '),
    Buffer.from('PROXY TCP4 '),
    start,
    Buffer.alloc(0),
  )
  fc.assert(
    fc.property(start2, fc.uint8Array({ maxLength: 1100 }), (head, rest) => {
      const octets = Buffer.concat([head, rest])
      const read = readProxyHeader(octets)
      if (read.kind === 'more') assert.ok(octets.length < 1024)
      if (read.kind === 'header') assert.ok(read.bytes <= octets.length)
    }),
    { numRuns: 2000 },
  )
})
