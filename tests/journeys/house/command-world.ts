import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { computeFacts } from '@posthouse/message'
import {
  newUuid,
  openStore,
  uuidToBase32,
  type Account,
  type Actor,
  type MessageVerdict,
  type Store,
} from '@posthouse/store'
import { Secret } from '@posthouse/config'
import { ProcessSuite } from './process-suite.ts'
import { makeScratch, type Scratch } from './scratch.ts'

/** What nobody may find anywhere but in the file that it stands in. */
export const planted = {
  /** Ada's password, and that of Bob elsewhere. */
  password: 'planted-password-Kq7',
  /** Of a relay. */
  relay: 'planted-relay-secret-Zw3',
} as const

const actor: Actor = { via: 'test', user: 'walk' }

const message = [
  'From: Bob <bob@example.net>',
  'To: Ada <ada@example.org>',
  'Subject: Lunch',
  'Date: Mon, 2 Feb 2026 10:00:00 +0000',
  'Message-ID: <lunch@example.net>',
  '',
  'At noon?',
  '',
].join('\r\n')

const verdict: MessageVerdict = {
  direction: 'inbound',
  action: 'quarantine',
  points: 11.5,
  junkAt: 6,
  reason: 'spam',
  findings: [{ symbol: 'BAYES_SPAM', points: 6.5, reason: 'reads like spam' }],
  stages: [{ name: 'classifier', outcome: 'done', ms: 3 }],
  authentication: { authenticated: ['example.net'], evidence: [] },
}

/**
 * A running installation in which the examples of all commands mean something: example.org is hosted, Ada and Bob have
 * mailboxes there, mail waits for example.net, whose destinations are paused, and the files that examples name are in
 * the folder where commands are run.
 */
export class CommandWorld {
  readonly suite: ProcessSuite
  readonly store: Store
  readonly actor = actor
  readonly #scratch: Scratch
  /** What stands in examples, and what it means now: `QUEUE-ID`. */
  readonly #words = new Map<string, string>()

  private constructor(suite: ProcessSuite, store: Store, scratch: Scratch) {
    this.suite = suite
    this.store = store
    this.#scratch = scratch
  }

  /** Starts it. To be stopped in `after`. */
  static async start(): Promise<CommandWorld> {
    const suite = await ProcessSuite.start({
      args: ['--together'],
      env: { POSTHOUSE_HOSTNAME: 'mail.example.org', POSTHOUSE_RESOLVERS: '127.0.0.1:9' },
    })
    const status = await suite.status()
    const database = status?.databaseUrl ?? ''
    const secretKeyFile = path.join(suite.dataDir, 'secret-key')
    const store = await openStore({ database, app: 'test', unsafe: true, secretKeyFile })
    const world = new CommandWorld(suite, store, await makeScratch())
    await world.#furnish()
    return world
  }

  /** Where commands are run. */
  get folder(): string {
    return this.#scratch.folder
  }

  /** An account of this world. */
  async account(address: string): Promise<Account> {
    const account = await this.store.accounts.show(address)
    if (account === undefined) throw new Error(`the world has no ${address}`)
    return account
  }

  /** Lets a word of the examples mean this. */
  mean(word: string, value: string): void {
    this.#words.set(word, value)
  }

  /** An example's words, as a shell would part them, with what they mean here. */
  wordsOf(example: string): readonly string[] {
    const words = [...example.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => {
      return quoted ?? bare ?? ''
    })
    return words.map((word) => this.#words.get(word) ?? word)
  }

  /** Sets Ada's password to the planted one. */
  async resetPassword(): Promise<void> {
    await this.store.accounts.setPassword('ada@example.org', new Secret(planted.password), actor)
  }

  /** A message of Ada's waits for Bob elsewhere, whose domain is paused: `QUEUE-ID`. */
  async queueMail(): Promise<string> {
    const ada = await this.account('ada@example.org')
    await this.store.queue.pause('example.net', { because: 'a test', until: undefined }, actor)
    const queueId = uuidToBase32(newUuid())
    const octets = Buffer.from(message)
    await this.store.deliver({
      octets,
      facts: computeFacts(octets),
      receivedAt: new Date(),
      queueId,
      recipients: [],
      outbound: {
        account: ada.id,
        sender: ada.address,
        prefix: Buffer.alloc(0),
        recipients: [{ address: 'bob@example.net' }],
        isEightBit: false,
        needsSmtpUtf8: false,
      },
    })
    this.mean('QUEUE-ID', queueId)
    return queueId
  }

  /** A message is kept aside for Ada: `QUARANTINE-ID`. */
  async keepAside(): Promise<void> {
    const ada = await this.account('ada@example.org')
    const octets = Buffer.from(message)
    const { copies } = await this.store.deliver({
      octets,
      facts: computeFacts(octets),
      receivedAt: new Date(),
      queueId: uuidToBase32(newUuid()),
      origin: { door: 'mx', sender: 'bob@example.net' },
      verdict,
      recipients: [
        {
          account: ada.id,
          mailbox: { recipient: ada.address, reason: 'spam' },
          prefix: Buffer.alloc(0),
          flags: [],
        },
      ],
    })
    const [copy] = copies
    if (copy?.kind !== 'kept-aside') throw new Error('nothing was kept aside')
    this.mean('QUARANTINE-ID', copy.id)
  }

  /** Stops it, and everything is gone. */
  async stop(): Promise<void> {
    await this.store.close()
    await this.suite.stop()
    await this.#scratch.remove()
  }

  async #furnish(): Promise<void> {
    const { store, folder } = this
    await store.domains.create('example.org', actor)
    for (const address of ['ada@example.org', 'bob@example.org']) {
      const password = new Secret(planted.password)
      const made = await store.accounts.create({ address, password }, actor)
      if (!made.ok) throw new Error(`${address} cannot be made: ${made.reason}`)
    }
    const ada = await this.account('ada@example.org')
    const inbox = await store.mailboxes(ada.id).find('INBOX')
    if (inbox === undefined) throw new Error('Ada has no INBOX')
    const octets = Buffer.from(message)
    await store.append(ada.id, inbox.id, { octets, facts: computeFacts(octets), flags: [] })
    const files = {
      'password.txt': `${planted.password}\n`,
      'relay.txt': `ada\n${planted.relay}\n`,
      'away.txt': 'I am away until the end of the month.\n',
      'message.eml': message,
      'chain.pem': await readFile(path.join(this.suite.dataDir, 'tls-cert.pem')),
      'key.pem': await readFile(path.join(this.suite.dataDir, 'tls-key.pem')),
    }
    for (const [name, content] of Object.entries(files))
      await writeFile(path.join(folder, name), content, { mode: 0o600 })
    for (const kind of ['spam', 'ham']) {
      await mkdir(path.join(folder, `${kind}-folder`))
      await writeFile(path.join(folder, `${kind}-folder`, '1.eml'), message)
    }
  }
}
