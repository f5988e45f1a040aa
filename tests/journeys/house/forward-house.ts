import { deliveryApp } from '@posthouse/delivery'
import type { Running } from '@posthouse/app'
import { Zone, zoneResolver, type Resolver } from '@posthouse/dns'
import { app as mx } from '@posthouse/mx'
import type { Store } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { app as submission } from '@posthouse/submission'
import { RawClient, startSuite, testActor, type Suite } from '@posthouse/testkit'
import { startSink, type Sink, type Taken } from '../../../apps/delivery/src/sink.fixture.ts'
import { outside, outsideZone, reply, transact, type Bringing } from './filter-house.ts'
import { waitFor } from './wait-for.ts'

/** Where the world's mail goes: all of it to the sink. */
const zone = `${outsideZone}
example.org MX 10 mx.world.test
remote.test MX 10 mx.world.test
far.test MX 10 mx.world.test
mx.world.test A 127.0.0.1
bank.example TXT "v=spf1 ip4:203.0.113.80 -all"
_dmarc.bank.example TXT "v=DMARC1; p=reject"
`

/** MX (behind a proxy, so that clients may be anybody), submission and delivery over one store, and the world they write to. */
export class ForwardHouse {
  readonly suite: Suite
  readonly sink: Sink
  readonly #resolver: Resolver
  readonly #more: Running[] = []

  private constructor(suite: Suite, sink: Sink, resolver: Resolver) {
    this.suite = suite
    this.sink = sink
    this.#resolver = resolver
  }

  static async start(): Promise<ForwardHouse> {
    const sink = await startSink()
    const resolver = zoneResolver(new Zone(zone))
    const limits = { pollMs: 200, idleMs: 200, deadMs: 0 }
    const suite = await startSuite({
      apps: [mx, submission, deliveryApp(limits)],
      proxy: { networks: ['127.0.0.0/8'] },
      delivery: { mxPort: sink.port },
      resolver,
    })
    return new ForwardHouse(suite, sink, resolver)
  }

  get store(): Store {
    return this.suite.store
  }

  /** Ends what `anotherMx` began. */
  async stopMore(): Promise<void> {
    await Promise.all(this.#more.splice(0).map((one) => one.drain()))
  }

  async stop(): Promise<void> {
    await this.stopMore()
    await this.suite.stop()
    await this.sink.close()
  }

  alias(address: string, ...targets: readonly string[]): Promise<unknown> {
    return this.store.aliases.create(address, targets, testActor)
  }

  async forward(account: string, targets: readonly string[], keepsCopy = false): Promise<void> {
    await this.store.forwards.set(account, { targets, keepsCopy }, testActor)
  }

  /** Brings a message to the MX from the world; the reply to it. */
  async send(octets: Buffer, { client, ...sending }: Bringing = {}): Promise<string> {
    const connection = await this.#greeted(await this.suite.connect('mx'), client)
    const answer = await transact(connection, octets, sending)
    connection.close()
    return answer
  }

  /** The reply to RCPT. */
  async recipient(to: string, from = 'grace@example.org'): Promise<string> {
    const connection = await this.#greeted(await this.suite.connect('mx'))
    connection.sendLine(`MAIL FROM:<${from}>`)
    await reply(connection)
    connection.sendLine(`RCPT TO:<${to}>`)
    const answer = await reply(connection)
    connection.close()
    return answer
  }

  /** Another process of the MX over the same database, as far as one can be made in this one. */
  async anotherMx(store: Store): Promise<(octets: Buffer, sending: Bringing) => Promise<string>> {
    const { config, tls } = this.suite
    const services = { config, store, tls, log: silentLog, resolver: this.#resolver }
    const running = await mx.start(services)
    this.#more.push(running)
    const [listener] = running.listeners
    if (listener === undefined) throw new Error('the MX listens nowhere')
    return async (octets, sending) => {
      const { host, port } = listener
      const connection = await this.#greeted(
        await RawClient.connect({ host, port, ca: this.suite.ca, serverName: 'mail.example.test' }),
      )
      const answer = await transact(connection, octets, sending)
      connection.close()
      return answer
    }
  }

  /** Messages that the world got for an address, once there are so many. */
  async arrived(to: string, count = 1): Promise<readonly Taken[]> {
    return await waitFor(`${count} messages for ${to}`, () => {
      const found = this.sink.taken.filter(({ recipients }) => recipients.includes(to))
      return found.length >= count ? found : undefined
    })
  }

  /** Messages in an account's folder. */
  async mailbox(address: string, name = 'INBOX'): Promise<readonly string[]> {
    const account = await this.store.accounts.show(address)
    if (account === undefined) throw new Error(`no account ${address}`)
    const mailbox = await this.store.mailboxes(account.id).find(name)
    if (mailbox === undefined) throw new Error(`no ${name}`)
    const opened = await this.store.open(account.id, mailbox.id, { readOnly: true })
    if (opened === undefined) throw new Error(`${name} does not open`)
    try {
      await opened.refresh()
      const uids = Array.from({ length: opened.state.size }, (_, at) => opened.state.uidAt(at))
      const octets = await Promise.all(uids.map((uid) => opened.octets(uid)))
      return octets.map((one) => one?.toString() ?? '')
    } finally {
      opened.close()
    }
  }

  async #greeted(connection: RawClient, client: string = outside): Promise<RawClient> {
    connection.send(`PROXY TCP4 ${client} 198.51.100.7 56324 25\r\n`)
    await reply(connection)
    connection.sendLine('EHLO client.example.org')
    await reply(connection)
    return connection
  }
}

/** What the world got of a message, from its own header on: what we put before it is cut off. */
export function ownPart({ octets }: Taken): string {
  const text = octets.toString('latin1')
  return text.slice(text.indexOf('From: '))
}
