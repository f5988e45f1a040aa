import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '@posthouse/config'
import { Zone, zoneResolver } from '@posthouse/dns'
import { noNetworks } from '@posthouse/line-server'
import { type Relay as KeptRelay, type Relays, SecretKeyUnfit } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import type { RouteContext } from '../route.ts'
import { findRelayRoute } from './relay-route.ts'
import { RouteBook } from './route-book.ts'

const kept: KeptRelay = {
  id: 'a',
  recipient: '*',
  sender: '*',
  afterFailures: 0,
  host: 'relay.test',
  port: 587,
  tls: 'opportunistic',
  user: 'us',
  isAuthRisky: false,
  madeAt: new Date(),
}

/** Relays that are kept in memory; `fail` makes reading them, or a password, go wrong. */
class MemoryRelays implements Relays {
  relays: readonly KeptRelay[]
  fail: { list?: Error; password?: Error } = {}
  #listener: () => void = () => undefined

  constructor(relays: readonly KeptRelay[]) {
    this.relays = relays
  }

  list(): Promise<readonly KeptRelay[]> {
    return this.fail.list === undefined
      ? Promise.resolve(this.relays)
      : Promise.reject(this.fail.list)
  }

  password(): Promise<Secret> {
    const { password } = this.fail
    return password === undefined ? Promise.resolve(new Secret('geheim')) : Promise.reject(password)
  }

  onChange(listener: () => void): () => void {
    this.#listener = listener
    return () => (this.#listener = () => undefined)
  }

  change(): void {
    this.#listener()
  }

  add(): never {
    throw new Error('not here')
  }

  remove(): never {
    throw new Error('not here')
  }
}

const context: RouteContext = {
  resolver: zoneResolver(new Zone('relay.test A 10.0.0.1\nrelay.test AAAA 2600::1')),
  hostname: 'mail.example.test',
  ownAddresses: { all: () => Promise.resolve(new Set<string>()) },
  privateTargets: noNetworks,
  limit: 10,
}

test('a password makes the certificate count, unless it may be told to anybody', async () => {
  const open = { ...kept, id: 'b', recipient: 'b.test', user: undefined }
  const risky = {
    ...kept,
    id: 'c',
    recipient: 'c.test',
    tls: 'required',
    isAuthRisky: true,
  } as const
  const implicit = { ...kept, id: 'd', recipient: 'd.test', tls: 'implicit' } as const
  const book = new RouteBook(new MemoryRelays([open, risky, implicit, kept]), silentLog)
  await book.ready()
  const of = (domain: string) => {
    const relay = book.relayOf('ada@example.test', domain, 0)
    return [relay?.tls, relay?.implicitTls, relay?.credentials?.password.reveal()]
  }
  assert.deepEqual(of('a.test'), ['verified', false, 'geheim'])
  assert.deepEqual(of('b.test'), ['opportunistic', false, undefined])
  assert.deepEqual(of('c.test'), ['required', false, 'geheim'])
  assert.deepEqual(of('d.test'), ['verified', true, 'geheim'])
  book.close()
})

test('a password that does not open makes the mail wait: it never goes another way', async () => {
  const relays = new MemoryRelays([kept])
  relays.fail = { password: new SecretKeyUnfit('the key is another') }
  const book = new RouteBook(relays, silentLog)
  await book.ready()
  const relay = book.relayOf('', 'a.test', 0)
  assert.ok(relay)
  const route = await findRelayRoute(relay, 'usual', context)
  assert.equal(route.kind, 'unknown')
  assert.match(route.kind === 'unknown' ? route.because : '', /the key is another/)
  book.close()
})

test('while the relays cannot be read, what was known counts; before that nothing is ready', async () => {
  const relays = new MemoryRelays([kept])
  relays.fail = { list: new Error('away') }
  const book = new RouteBook(relays, silentLog)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(book.isReady, false)
  relays.fail = {}
  await book.ready()
  assert.equal(book.relayOf('', 'a.test', 0)?.id, 'a')
  relays.fail = { list: new Error('away') }
  relays.change()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(book.relayOf('', 'a.test', 0)?.id, 'a')
  book.close()
})

test('a relay may be at a private address; what requires TLS asks for a certificate there too', async () => {
  const book = new RouteBook(new MemoryRelays([{ ...kept, user: undefined }]), silentLog)
  await book.ready()
  const relay = book.relayOf('', 'a.test', 0)
  assert.ok(relay)
  const usual = await findRelayRoute(relay, 'usual', context)
  assert.ok(usual.kind === 'hops')
  assert.deepEqual(
    usual.hops.map(({ address }) => address),
    ['10.0.0.1', '2600::1'],
  )
  assert.equal(usual.hops[0]?.relay?.tls, 'opportunistic')
  const required = await findRelayRoute(relay, 'required', context)
  assert.ok(required.kind === 'hops')
  assert.equal(required.hops[0]?.relay?.tls, 'verified')
  book.close()
})
