import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { StoreUnavailable } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { testAuthority, testConfig } from '@posthouse/testkit'
import { Secret } from '@posthouse/config'
import { deliveryLimits } from './limits.ts'
import { type OpenerContext, openSession } from './session-opener.ts'
import { type Sink, type SinkBehaviour, startSink } from './sink.fixture.ts'
import type { SecurityNeed } from './tls/security-need.ts'
import { TlsPolicies } from './tls/tls-policies.ts'
import { TlsRecorder } from './tls/tls-recorder.ts'

let sink: Sink
let recorder: TlsRecorder
before(async () => {
  sink = await startSink()
  const ledger = { note: () => Promise.resolve(), count: () => Promise.resolve() }
  recorder = new TlsRecorder(ledger, silentLog)
})
after(async () => {
  await recorder.end()
  await sink.close()
})

const zone = new Zone('a.test MX 10 mx.a.test\nmx.a.test A 127.0.0.1')
const hop = { host: 'mx.a.test', address: '127.0.0.1', isSecure: false }

function context(expectsTls: () => Promise<boolean>): OpenerContext {
  const resolver = zoneResolver(zone)
  const sts = { find: () => Promise.resolve({}) }
  return {
    config: testConfig('postgres://nobody', '/nowhere', { delivery: { mxPort: sink.port } }),
    limits: deliveryLimits,
    log: silentLog,
    signal: new AbortController().signal,
    tls: {
      policies: new TlsPolicies({ resolver, log: silentLog, sts, memory: { expectsTls } }),
      recorder,
      ca: testAuthority().ca,
    },
  }
}

/** What came of trying: the policy of the session, or why there is none. */
async function opened(
  behaviour: SinkBehaviour,
  expectsTls: () => Promise<boolean>,
  need: SecurityNeed = 'usual',
  target: Parameters<typeof openSession>[0][number] = hop,
): Promise<string> {
  sink.behave(behaviour)
  const result = await openSession([target], need, context(expectsTls), 'a.test')
  if (result.kind === 'failed') {
    const { outcome } = result
    return outcome.kind === 'deferred' ? `${outcome.status}: ${outcome.because}` : outcome.kind
  }
  const { client, security } = result.session
  client.destroy()
  return `${security.policy}${security.isVerified ? ', verified' : ''}`
}

const yes = () => Promise.resolve(true)
const no = () => Promise.resolve(false)
const away = () => Promise.reject(new StoreUnavailable('connection', 'none'))

test('where TLS stood for days its absence is not believed; TLS-Required: no overrides that', async () => {
  assert.match(await opened({}, yes), /^4\.7\.4: .*starttls-not-supported/)
  assert.match(await opened({ startTls: '454 4.7.0 not now' }, yes), /^4\.7\.4: /)
  assert.match(await opened({ breaksTls: true }, yes), /^4\.7\.5: .*validation-failure/)
  assert.equal(await opened({}, yes, 'optional'), 'none')
  assert.equal(await opened({}, no), 'none')
  const { leaf } = testAuthority()
  assert.equal(await opened({ tls: leaf }, yes), 'opportunistic')
})

test('while it cannot be read what is known of a host, mail waits', async () => {
  assert.match(await opened({}, away), /cannot be read now/)
})

test('a relay is spoken to as its route says, and hears no password before it has proved itself', async () => {
  const port = sink.port
  const authority = testAuthority()
  const { leaf } = authority
  const credentials = { user: 'ada', password: new Secret('analytical') }
  const plain = { id: 'r', port, implicitTls: false, isAuthRisky: false } as const
  const relay = { ...plain, tls: 'verified', credentials } as const
  const own = { ...hop, host: 'mail.example.test', relay }
  const offer = { protectedExtensions: ['AUTH PLAIN'] }
  assert.equal(await opened({ ...offer, tls: leaf }, no, 'usual', own), 'relay, verified')
  const wrong = { ...offer, tls: authority.issue(['else.test']) }
  assert.match(await opened(wrong, no, 'usual', own), /4\.7\.5/)
  assert.ok(!sink.lines.some((line) => line.startsWith('AUTH')))
  const unproved = { ...own, relay: { ...relay, tls: 'required' } } as const
  assert.match(await opened({ ...offer, tls: leaf }, no, 'usual', unproved), /told to nobody/)
  const risky = { ...unproved, relay: { ...unproved.relay, isAuthRisky: true } }
  assert.equal(await opened({ ...offer, tls: leaf }, no, 'usual', risky), 'relay')
  const bare = { ...hop, relay: { ...plain, tls: 'none' } } as const
  assert.equal(await opened({ tls: leaf }, no, 'usual', bare), 'relay')
  assert.ok(!sink.lines.includes('STARTTLS'))
})
