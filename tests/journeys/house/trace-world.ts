import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createResolver, Zone } from '@posthouse/dns'
import { app as pop3 } from '@posthouse/pop3'
import { testActor } from '@posthouse/testkit'
import { startDnsServer } from '@posthouse/testkit'
import { readFilterSetting } from '@posthouse/store'
import { createTransport } from 'nodemailer'
import pg from 'pg'
import { startHost, type Answer, type ScriptedHost } from './outbound-host.ts'
import { OutboundHouse } from './outbound-house.ts'
import { makePlace, type Place } from './outbound-world.ts'
import { startPostfix, type PrivatePostfix } from './postfix.ts'
import { waitFor } from './wait-for.ts'

/** One step of `posthouse trace --json`. */
export interface Step {
  readonly t: string
  readonly id: string
  readonly stage: string
  readonly result: string
  readonly account?: string
  readonly mailbox?: string
  readonly remote?: { readonly mx: string }
  readonly smtp?: {
    readonly code: number
    readonly enhanced: string | null
    readonly text: string
  }
  readonly [name: string]: unknown
}

/** What a scripted host said, and when. */
export interface Said {
  readonly atMs: number
  readonly reply: string
}

/**
 * Our whole side, and its peers, which keep logs of their own: a Postfix that brings mail to us and takes ours for `there.test`,
 * and a scripted host for `slow.test`.
 */
export class TraceWorld {
  readonly house: OutboundHouse
  readonly postfix: PrivatePostfix
  readonly slow: ScriptedHost
  /** What the scripted host answered to RCPT. */
  readonly said: Said[]
  readonly #place: Place
  readonly #kept: { stop(): Promise<void> }[]

  private constructor(
    parts: Pick<TraceWorld, 'house' | 'postfix' | 'slow' | 'said'>,
    place: Place,
    kept: { stop(): Promise<void> }[],
  ) {
    this.house = parts.house
    this.postfix = parts.postfix
    this.slow = parts.slow
    this.said = parts.said
    this.#place = place
    this.#kept = kept
  }

  static async start(): Promise<TraceWorld> {
    const place = await makePlace()
    const dns = await startDnsServer(new Zone(zoneOf(place)))
    const servers = [dns.address]
    const house = await OutboundHouse.start({
      resolver: createResolver({ servers }),
      servers,
      mxPort: place.port,
      more: [pop3],
    })
    const postfix = await startPostfix({
      port: place.port,
      domains: ['there.test'],
      hosts: [{ address: place.address(1) }],
      settings: {
        myhostname: 'mx.there.test',
        smtp_helo_name: 'mx.there.test',
        smtp_tls_security_level: 'may',
        smtpd_recipient_restrictions:
          'check_recipient_access inline:{ { nobody@there.test=REJECT no such guest } }, permit',
        transport_maps: `inline:{ example.test=smtp:[127.0.0.1]:${house.suite.port('mx')} }`,
      },
    })
    const said: Said[] = []
    const slow = await startHost({ address: place.address(2), port: place.port })
    const kept = [{ stop: () => dns.close() }, house, postfix, slow]
    return new TraceWorld({ house, postfix, slow, said }, place, kept)
  }

  /** From now on the scripted host answers RCPT so, as often as there are answers, then yes. */
  answerRecipients(...answers: readonly Answer[]): void {
    const left = [...answers]
    this.slow.behave({
      on: {
        RCPT: () => {
          const answer = left.shift()
          const reply = typeof answer === 'string' ? answer : '250 2.1.5 ok'
          this.said.push({ atMs: Date.now(), reply })
          return answer
        },
        text: () => '250 2.0.0 Ok: queued as 4XyZ42',
      },
    })
  }

  /** Has Postfix bring a message to us. */
  async bring(from: string, to: string, raw: Buffer): Promise<void> {
    const transport = createTransport({
      host: this.#place.address(1),
      port: this.postfix.port,
      ignoreTLS: true,
      socketTimeout: 60_000,
    })
    await transport.sendMail({ envelope: { from, to }, raw })
    transport.close()
  }

  /** The line of Postfix's log that has all of these in it. */
  async logged(...parts: readonly string[]): Promise<string> {
    return await waitFor(`a line of Postfix's log with ${parts.join(' ')}`, async () => {
      const lines = (await this.postfix.log()).split('\n')
      return lines.findLast((line) => parts.every((part) => line.includes(part)))
    })
  }

  async set(...settings: readonly string[]): Promise<void> {
    const changes = settings.map((text) => {
      const read = readFilterSetting(text)
      assert.ok(read.ok, text)
      return read.change
    })
    await this.house.store.filterSettings.change(changes, testActor)
  }

  /** What `posthouse trace ARGS` tells. */
  async trace(...args: readonly string[]): Promise<readonly Step[]> {
    const text = await this.house.run('trace', ...args, '--json')
    return (JSON.parse(text) as { readonly items: readonly Step[] }).items
  }

  /** The same once so many steps are there that are written behind. */
  async traceWith(count: number, result: string, id: string): Promise<readonly Step[]> {
    return await waitFor(`${count} steps ${result}`, async () => {
      const steps = await this.trace(id)
      return steps.filter((step) => step.result === result).length >= count ? steps : undefined
    })
  }

  /** Makes all queued mail as old as if it had been submitted so many days earlier. */
  async age(days: number): Promise<void> {
    const { database } = this.house.suite.config
    assert.ok(database.kind === 'url')
    const client = new pg.Client({ connectionString: database.url.reveal() })
    await client.connect()
    await client.query(
      'UPDATE queue_message SET submitted_at = submitted_at - make_interval(days => $1)',
      [days],
    )
    await client.end()
  }

  /** `posthouse trace --follow ARGS --json` while some work is done and until a step shows; its steps, and how it ended. */
  async following(
    args: readonly string[],
    work: () => Promise<unknown>,
    last: (step: Step) => boolean,
  ): Promise<{ readonly steps: readonly Step[]; readonly code: number | null }> {
    const { file, before, env } = this.house.command
    const child = spawn(file, [...before, 'trace', '--follow', ...args, '--json'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    const steps = (): readonly Step[] =>
      text
        .slice(0, text.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Step)
    try {
      await work()
      await waitFor('the last step that is followed', () => {
        assert.equal(child.exitCode, null, 'it ended by itself')
        return steps().some(last) ? true : undefined
      })
    } finally {
      child.kill('SIGINT')
    }
    const [code] = (await ended) as [number | null]
    return { steps: steps(), code }
  }

  async stop(): Promise<void> {
    for (const each of this.#kept.splice(0).toReversed()) await each.stop()
  }
}

function zoneOf(place: Place): string {
  return `
there.test MX 10 mx.there.test
mx.there.test A ${place.address(1)}
slow.test MX 10 mx.slow.test
mx.slow.test A ${place.address(2)}
writer.test TXT "v=spf1 ip4:127.0.0.1 -all"
_dmarc.writer.test TXT "v=DMARC1; p=reject"
forged.test TXT "v=spf1 -all"
_dmarc.forged.test TXT "v=DMARC1; p=none"
`
}
