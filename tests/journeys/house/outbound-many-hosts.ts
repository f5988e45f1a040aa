import { createResolver, Zone } from '@posthouse/dns'
import { startDnsServer, testAuthority } from '@posthouse/testkit'
import {
  startHost,
  type Answer,
  type Manner,
  type ScriptedHost,
  type Step,
} from './outbound-host.ts'
import { ada, OutboundHouse, type OutboundHouseOptions } from './outbound-house.ts'
import { makePlace, type Place } from './outbound-world.ts'
import { sampleMail } from './sample-mail.ts'

/** A message on its way to a host of its own. */
export interface Sent {
  readonly host: ScriptedHost
  /** The host's name. */
  readonly name: string
  readonly to: string
  readonly raw: Buffer
  readonly queueId: string
}

/** Our side, and as many scripted hosts as a test asks for, each with a domain of its own. */
export class ManyHosts {
  readonly house: OutboundHouse
  /** What it was started with, for another one in the same world. */
  readonly setting: OutboundHouseOptions
  readonly #place: Place
  readonly #kept: { stop(): Promise<void> }[]
  #count = 0

  private constructor(
    house: OutboundHouse,
    setting: OutboundHouseOptions,
    place: Place,
    dns: { stop(): Promise<void> },
  ) {
    this.house = house
    this.setting = setting
    this.#place = place
    this.#kept = [dns, house]
  }

  static async start(): Promise<ManyHosts> {
    const place = await makePlace()
    const numbers = Array.from({ length: most }, (_, index) => index + 1)
    const lines = numbers.map(
      (n) => `h${n}.test MX 10 mx.h${n}.test\nmx.h${n}.test A ${place.address(n)}`,
    )
    const dns = await startDnsServer(new Zone(lines.join('\n')))
    const deadlines = { greetingMs: 2000, commandMs: 2000, dataBlockMs: 2000, dataEndMs: 2000 }
    const setting = {
      resolver: createResolver({ servers: [dns.address] }),
      servers: [dns.address],
      mxPort: place.port,
      limits: { deadlines },
    }
    const house = await OutboundHouse.start(setting)
    return new ManyHosts(house, setting, place, { stop: () => dns.close() })
  }

  /** A new host that behaves so. */
  async host(manner: Manner): Promise<{ readonly host: ScriptedHost; readonly domain: string }> {
    const n = ++this.#count
    if (n > most) throw new Error(`more than ${most} hosts`)
    const host = await startHost(
      { address: this.#place.address(n), port: this.#place.port },
      manner,
    )
    this.#kept.push(host)
    return { host, domain: `h${n}.test` }
  }

  /** Submits a message for a new host that behaves so. */
  async send(manner: Manner): Promise<Sent> {
    const { host, domain } = await this.host(manner)
    const to = `bob@${domain}`
    const raw = sampleMail(this.#count, ada, to)
    const queueId = await this.house.submit(to, raw)
    return { host, name: `mx.${domain}`, to, raw, queueId }
  }

  async stop(): Promise<void> {
    for (const each of this.#kept.splice(0).toReversed()) await each.stop()
  }
}

/** DNS knows that many. */
const most = 100

/** A manner that answers so at one step, as often as told, else always. */
export function at(step: Step, answer: Answer, times: number = Infinity): Manner {
  // The certificate is for another name: without a policy any will do (RFC 7435).
  const tls = step === 'STARTTLS' ? { tls: testAuthority().leaf } : {}
  return {
    ...tls,
    on: { [step]: (_: string, count: number) => (count <= times ? answer : undefined) },
  }
}
