import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import type { App } from '@posthouse/app'
import type { Config } from '@posthouse/config'
import { deliveryApp } from '@posthouse/delivery'
import type { Resolver } from '@posthouse/dns'
import { app as imap } from '@posthouse/imap'
import { app as mx } from '@posthouse/mx'
import type { QueueItem, Store } from '@posthouse/store'
import { app as submission } from '@posthouse/submission'
import { defaultPassword, startSuite, suiteHostname, type Suite } from '@posthouse/testkit'
import { createTransport } from 'nodemailer'
import { LineClient } from './line-client.ts'
import { runProgram, type Ended } from './run-program.ts'
import { waitFor } from './wait-for.ts'

/** Whoever sends in these journeys. */
export const ada = 'ada@example.test'

/** Numbers of the delivery app. */
type OutboundLimits = NonNullable<Parameters<typeof deliveryApp>[0]>

/** What a house is made of. */
export interface OutboundHouseOptions {
  readonly resolver: Resolver
  /** The servers that it asks, for commands. */
  readonly servers: readonly string[]
  /** Where remote hosts listen. */
  readonly mxPort: number
  readonly limits?: OutboundLimits
  readonly delivery?: Partial<Config['delivery']>
  /** Apps beside submission, delivery, MX and IMAP. */
  readonly more?: readonly App[]
}

/** What is asked for with a message (RFC 3461). */
export interface Asked {
  readonly id?: string
  readonly return?: 'headers' | 'full'
  readonly notify?: readonly ('never' | 'success' | 'failure' | 'delay')[]
}

/** How a message is submitted. */
export interface SubmitOptions {
  readonly from?: string
  readonly dsn?: Asked
  /** With REQUIRETLS (RFC 8689). */
  readonly requiresTls?: boolean
}

const posthouse = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url))

/** Waits that suit tests; what is deferred is made due by {@link OutboundHouse.retry}. */
const quick: OutboundLimits = { pollMs: 200, idleMs: 300, deadMs: 0 }

/** Our whole side: submission, delivery, MX and IMAP over one store, with real DNS. */
export class OutboundHouse {
  readonly suite: Suite
  readonly #resolvers: readonly string[]

  private constructor(suite: Suite, resolvers: readonly string[]) {
    this.suite = suite
    this.#resolvers = resolvers
  }

  static async start(options: OutboundHouseOptions): Promise<OutboundHouse> {
    const suite = await startSuite({
      apps: [
        submission,
        deliveryApp({ ...quick, ...options.limits }),
        mx,
        imap,
        ...(options.more ?? []),
      ],
      resolver: options.resolver,
      delivery: { mxPort: options.mxPort, ...options.delivery },
    })
    await suite.account(ada)
    return new OutboundHouse(suite, options.servers)
  }

  get store(): Store {
    return this.suite.store
  }

  stop(): Promise<void> {
    return this.suite.stop()
  }

  /** Submits a message as a user does; its queue id. */
  async submit(
    to: string | readonly string[],
    raw: Buffer,
    { from = ada, dsn, requiresTls = false }: SubmitOptions = {},
  ): Promise<string> {
    const transport = createTransport({
      host: '127.0.0.1',
      port: this.suite.port('submission'),
      secure: false,
      requireTLS: true,
      tls: { ca: this.suite.ca, servername: suiteHostname },
      auth: { user: from, pass: defaultPassword },
      socketTimeout: 60_000,
    })
    const envelope = { from, to: typeof to === 'string' ? to : [...to] }
    const asked = dsn === undefined ? {} : { dsn: { ...dsn, notify: [...(dsn.notify ?? [])] } }
    const { response } = await transport.sendMail({
      envelope,
      raw,
      ...asked,
      requireTLSExtensionEnabled: requiresTls,
    })
    transport.close()
    const id = /\b[0-9A-HJKMNP-TV-Z]{26}\b/.exec(response)?.[0]
    assert.ok(id !== undefined, `no id in: ${response}`)
    return id
  }

  /** Brings a message to our MX, as a host of the world's does. */
  async bring(from: string, to: string, raw: Buffer): Promise<void> {
    const transport = createTransport({
      host: '127.0.0.1',
      port: this.suite.port('mx'),
      secure: false,
      tls: { ca: this.suite.ca, servername: suiteHostname },
      socketTimeout: 60_000,
    })
    await transport.sendMail({ envelope: { from, to }, raw })
    transport.close()
  }

  /** The recipients of a message once they are as wanted: all of them, all over, unless told otherwise. */
  async settled(
    queueId: string,
    isAsWanted: (item: QueueItem) => boolean = isOver,
  ): Promise<readonly QueueItem[]> {
    let last: readonly QueueItem[] = []
    const look = async (): Promise<readonly QueueItem[] | undefined> => {
      last = await this.store.queue.show(queueId)
      return last.length > 0 && last.every(isAsWanted) ? last : undefined
    }
    try {
      return await waitFor('the recipients of a message', look, 60_000)
    } catch (error) {
      const log = this.suite.logTail().slice(-15).join('')
      throw new Error(`${String(error)}\n${JSON.stringify(last, undefined, 1)}\n${log}`, {
        cause: error,
      })
    }
  }

  /** Makes a waiting message due now, as an operator does. */
  async retry(queueId: string): Promise<void> {
    await this.store.queue.retry({ queueIds: [queueId] })
  }

  /** Every message in an INBOX, whole, oldest first. */
  async inbox(user: string = ada): Promise<readonly string[]> {
    const connection = await this.suite.connect('imap')
    const client = new LineClient(connection)
    await client.ok(`LOGIN ${user} ${defaultPassword}`)
    const answers = await client.ok('SELECT INBOX')
    const lines = answers.includes('* 0 EXISTS') ? [] : await client.ok('FETCH 1:* BODY.PEEK[]')
    connection.close()
    const text = lines.join('\r\n')
    return [...text.matchAll(/^\* \d+ FETCH \(BODY\[\] \{(\d+)\}\r\n/gm)].map((match) => {
      const start = match.index + match[0].length
      return text.slice(start, start + Number(match[1]))
    })
  }

  /** The report about a recipient, once it is in the sender's INBOX. */
  async report(recipient: string, user: string = ada): Promise<string> {
    const field = `Final-Recipient: rfc822;${recipient}`.toLowerCase()
    return await waitFor(`the report about ${recipient}`, async () => {
      const all = await this.inbox(user)
      return all.find((each) => each.toLowerCase().replaceAll('; ', ';').includes(field))
    })
  }

  /** The program `posthouse` over this house's database, without its arguments. */
  get command(): {
    readonly file: string
    readonly before: readonly string[]
    readonly env: Readonly<Record<string, string>>
  } {
    const { database, dataDir, secretKeyFile, delivery } = this.suite.config
    assert.ok(database.kind === 'url')
    const env = {
      DATABASE_URL: database.url.reveal(),
      POSTHOUSE_DATA: dataDir,
      POSTHOUSE_SECRET_KEY_FILE: secretKeyFile,
      POSTHOUSE_UNSAFE_DB: '1',
      POSTHOUSE_RESOLVERS: this.#resolvers.join(','),
      POSTHOUSE_MX_PORT: String(delivery.mxPort),
      POSTHOUSE_POLICY_PORT: String(delivery.policyPort),
      POSTHOUSE_PRIVATE_TARGETS: delivery.privateTargets.join(','),
      NO_COLOR: '1',
    }
    return { file: process.execPath, before: ['--conditions=@posthouse/source', posthouse], env }
  }

  /** Runs `posthouse ARGS` over this house's database. */
  posthouse(...args: readonly string[]): Promise<Ended> {
    const { file, before, env } = this.command
    return runProgram(file, [...before, ...args], { env })
  }

  /** The same, and it must succeed; what it printed. */
  async run(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.posthouse(...args)
    if (code !== 0) throw new Error(`posthouse ${args.join(' ')}: ${code}\n${stdout}${stderr}`)
    return stdout
  }
}

/** Its turn will not come. */
export function isHeld({ state }: QueueItem): boolean {
  return state === 'held'
}

/** Nothing more will happen to this recipient. */
export function isOver({ state }: QueueItem): boolean {
  return state === 'delivered' || state === 'bounced' || state === 'dropped'
}

/** It was tried, and waits for the next time. */
export function isDeferred({ state, attempts }: QueueItem): boolean {
  return state === 'waiting' && attempts > 0
}
