import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import type { Resolver } from '@posthouse/dns'
import { app as imap } from '@posthouse/imap'
import { app as mx } from '@posthouse/mx'
import { openStore, readFilterSetting, type KeptVerdict, type Store } from '@posthouse/store'
import { app as submission } from '@posthouse/submission'
import {
  freshDatabase,
  logIn,
  startSuite,
  testActor,
  type RawClient,
  type Suite,
} from '@posthouse/testkit'
import { LineClient } from './line-client.ts'
import { runProgram, type Ended } from './run-program.ts'

/** The accounts of a house. */
export const ada = 'ada@example.test'
export const bob = 'bob@example.test'

/** A client of the world's, whose name leads to its address and back in {@link outsideZone}. */
export const outside = '192.0.2.1'

/** What DNS says of the usual client and its domain, for tests that say more. */
export const outsideZone = `
1.2.0.192.in-addr.arpa PTR client.example.org
client.example.org A ${outside}
example.org TXT "v=spf1 ip4:${outside} -all"
`

/** How a message is brought to the MX. */
export interface Bringing {
  readonly from?: string
  readonly to?: readonly string[]
  /** The address it comes from, as a proxy tells it. */
  readonly client?: string
}

/** What a house is made of. */
export interface FilterHouseOptions {
  /** `name=value`, in force from the first message on. */
  readonly settings?: readonly string[]
  readonly resolver?: Resolver
}

const posthouse = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url))

/** MX (behind a proxy, so that clients may be anybody), submission and IMAP over one store, with a filter set up as wanted. */
export class FilterHouse {
  readonly suite: Suite

  private constructor(suite: Suite) {
    this.suite = suite
  }

  static async start({ settings = [], resolver }: FilterHouseOptions = {}): Promise<FilterHouse> {
    const database = await freshDatabase()
    const store = await openStore({ database: database.url, app: 'test', unsafe: true })
    try {
      await change(store, settings)
    } finally {
      await store.close()
    }
    const suite = await startSuite({
      apps: [mx, submission, imap],
      proxy: { networks: ['127.0.0.0/8'] },
      database,
      ...(resolver !== undefined && { resolver }),
    })
    await suite.account(ada)
    await suite.account(bob)
    return new FilterHouse(suite)
  }

  get store(): Store {
    return this.suite.store
  }

  stop(): Promise<void> {
    return this.suite.stop()
  }

  /** A client of the MX after its EHLO. */
  async greeted(client: string = outside): Promise<RawClient> {
    const connection = await this.suite.connect('mx')
    connection.send(`PROXY TCP4 ${client} 198.51.100.7 56324 25\r\n`)
    await reply(connection)
    connection.sendLine('EHLO client.example.org')
    await reply(connection)
    return connection
  }

  /** Brings a message; the reply to it. */
  async send(octets: Buffer, { client, ...sending }: Bringing = {}): Promise<string> {
    const connection = await this.greeted(client)
    const answer = await transact(connection, octets, sending)
    connection.close()
    return answer
  }

  /** The same from an account here, by submission. */
  async submit(octets: Buffer, to: readonly string[], from: string = ada): Promise<string> {
    const connection = await this.suite.connect('submissions')
    await reply(connection)
    await logIn(connection, 'submissions', from)
    const answer = await transact(connection, octets, { from, to })
    connection.close()
    return answer
  }

  /** Every message of a mailbox, whole, oldest first. */
  async messages(user: string, mailbox: string): Promise<readonly string[]> {
    const connection = await this.suite.connect('imap')
    const client = new LineClient(connection)
    await client.ok(`LOGIN ${user} analytical`)
    const answers = await client.ok(`SELECT ${mailbox}`)
    const lines = answers.includes('* 0 EXISTS') ? [] : await client.ok('FETCH 1:* BODY.PEEK[]')
    connection.close()
    const text = lines.join('\r\n')
    return [...text.matchAll(/^\* \d+ FETCH \(BODY\[\] \{(\d+)\}\r\n/gm)].map((match) => {
      const start = match.index + match[0].length
      return text.slice(start, start + Number(match[1]))
    })
  }

  /** How many messages stand in INBOX, in Junk, and apart. */
  async counts(user: string): Promise<readonly [inbox: number, junk: number, aside: number]> {
    const account = await this.store.accounts.show(user)
    assert.ok(account)
    const aside = await this.store.quarantine.list({ account: account.id })
    const inbox = await this.messages(user, 'INBOX')
    const junk = await this.messages(user, 'Junk')
    return [inbox.length, junk.length, aside.length]
  }

  /** The verdict on a message, by the id in the reply to it. */
  async verdictOn(answer: string): Promise<KeptVerdict> {
    const id = /\b[0-9A-Z]{26}\b/.exec(answer)?.[0] ?? ''
    const found = await this.store.verdicts.find(id)
    assert.ok(found, `no verdict: ${answer}`)
    return found
  }

  /** The symbols of a verdict. */
  async symbolsOf(answer: string): Promise<readonly string[]> {
    return (await this.verdictOn(answer)).findings.map(({ symbol }) => symbol)
  }

  /** Runs `posthouse ARGS` over this house's database. */
  posthouse(...args: readonly string[]): Promise<Ended> {
    const { database, dataDir } = this.suite.config
    assert.ok(database.kind === 'url')
    const env = {
      DATABASE_URL: database.url.reveal(),
      POSTHOUSE_DATA: dataDir,
      POSTHOUSE_UNSAFE_DB: '1',
      NO_COLOR: '1',
    }
    const all = ['--conditions=@posthouse/source', posthouse, ...args]
    return runProgram(process.execPath, all, { env })
  }
}

/** One reply, its lines joined. */
export async function reply(client: RawClient): Promise<string> {
  const lines = await client.readLines((line) => !/^\d{3}-/.test(line))
  return lines.join('\n')
}

/** MAIL, RCPT, DATA and the message; the reply to it. */
export async function transact(
  client: RawClient,
  octets: Buffer,
  { from = 'grace@example.org', to = [ada] }: Bringing = {},
): Promise<string> {
  for (const line of [`MAIL FROM:<${from}>`, ...to.map((one) => `RCPT TO:<${one}>`), 'DATA']) {
    client.sendLine(line)
    assert.match(await reply(client), /^[23]/, line)
  }
  client.send(Buffer.concat([octets, Buffer.from('.\r\n')]))
  return await reply(client)
}

async function change(store: Store, settings: readonly string[]): Promise<void> {
  const changes = settings.map((text) => {
    const read = readFilterSetting(text)
    if (!read.ok) throw new Error(text)
    return read.change
  })
  await store.filterSettings.change(changes, testActor)
}
