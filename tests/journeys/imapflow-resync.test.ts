import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { app as imap } from '@posthouse/imap'
import { startSuite, type Suite } from '@posthouse/testkit'
import { ImapFlow, type MailboxObject } from 'imapflow'
import { Random } from '../fuzz/house/random.ts'
import { waitFor } from './house/wait-for.ts'

const user = 'ada@example.test'
const rounds = 6
let suite: Suite
before(async () => {
  suite = await startSuite({ apps: [imap] })
  await suite.account(user)
})
after(() => suite.stop())

async function connected(): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: suite.port('imaps'),
    secure: true,
    servername: 'mail.example.test',
    tls: { ca: suite.ca, servername: 'mail.example.test' },
    auth: { user, pass: 'analytical' },
    qresync: true,
    logger: false,
  })
  await client.connect()
  assert.ok(client.enabled.has('QRESYNC'))
  return client
}

type Flags = ReadonlyMap<number, string>

/** What a device keeps of a mailbox while it is switched off. */
class Device {
  readonly #flags = new Map<number, string>()
  #known: Pick<MailboxObject, 'uidValidity' | 'highestModseq'> | undefined

  get flags(): Flags {
    return this.#flags
  }

  /** Opens the mailbox and lets the server tell what has changed, then what has come. */
  async sync(): Promise<void> {
    const client = await connected()
    client.on('expunge', ({ uid = 0 }) => void this.#flags.delete(uid))
    client.on('flags', ({ uid, flags }) => {
      if (uid !== undefined && flags !== undefined) this.#flags.set(uid, spelt(flags))
    })
    const known = this.#known
    const opened = await client.mailboxOpen('INBOX', {
      readOnly: true,
      ...(known?.highestModseq === undefined
        ? {}
        : { uidValidity: known.uidValidity, changedSince: known.highestModseq }),
    })
    assert.equal('qresync' in opened, known !== undefined)
    const from = Math.max(0, ...this.#flags.keys()) + 1
    for await (const { uid, flags } of client.fetch(`${from}:*`, { flags: true }, { uid: true }))
      this.#flags.set(uid, spelt(flags))
    this.#known = opened
    assert.equal(this.#flags.size, opened.exists)
    await client.logout()
  }
}

/** \Recent is of the session, not of the message. */
function spelt(flags: Set<string> = new Set()): string {
  return [...flags]
    .filter((flag) => flag !== '\\Recent')
    .toSorted(inOrder)
    .join(' ')
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : 1
}

async function truth(): Promise<Flags> {
  const device = new Device()
  await device.sync()
  return device.flags
}

/** Somebody at another machine: writes, flags, moves away, deletes. */
async function meddle(client: ImapFlow, random: Random): Promise<void> {
  for (let i = 0; i < 4; i += 1)
    await client.append('INBOX', `Subject: ${random.below(1000)}\r\n\r\nx\r\n`, ['\\Seen'])
  const uids = await client.search({ all: true }, { uid: true })
  assert.ok(uids !== false && uids !== undefined)
  const some = uids.filter(() => random.below(3) === 0).join(',')
  const others = uids.filter(() => random.below(6) === 0).join(',')
  if (some !== '')
    await client.messageFlagsAdd(some, ['\\Flagged', `word${random.below(9)}`], { uid: true })
  if (some !== '') await client.messageFlagsRemove(some, ['\\Seen'], { uid: true })
  if (others === '') return
  if (random.below(2) === 0) await client.messageMove(others, 'Archive', { uid: true })
  else await client.messageDelete(others, { uid: true })
}

test('imapflow devices that come back are told what has changed, and nothing is missing', async () => {
  const random = new Random(20_261_128)
  const [first, second] = [await connected(), await connected()]
  await first.mailboxOpen('INBOX')
  await second.mailboxOpen('INBOX')
  const [often, seldom] = [new Device(), new Device()]
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all([meddle(first, random), meddle(second, random)])
    await often.sync()
    if (round % 3 === 2) await seldom.sync()
    const now = await truth()
    assert.deepEqual(new Map(often.flags), new Map(now))
    if (round % 3 === 2) assert.deepEqual(new Map(seldom.flags), new Map(now))
  }
  await Promise.all([first.logout(), second.logout()])
})

test('imapflow sessions that stand hear of it as it happens', async () => {
  const random = new Random(7)
  const [writer, watcher] = [await connected(), await connected()]
  const gone = new Set<number>()
  watcher.on('expunge', ({ uid = 0, vanished, earlier }) => {
    assert.ok(vanished && earlier !== true)
    gone.add(uid)
  })
  await writer.mailboxOpen('INBOX')
  const opened = await watcher.mailboxOpen('INBOX')
  const found = await watcher.search({ all: true }, { uid: true })
  const there = new Set(found === false ? [] : found)
  for (let i = 0; i < 4; i += 1) await meddle(writer, random)
  const now = await truth()
  await waitFor('the watcher to have heard', async () => {
    await watcher.noop()
    const left = [...there].filter((uid) => !gone.has(uid))
    return left.every((uid) => now.has(uid)) && isCount(watcher, now.size) ? true : undefined
  })
  assert.equal(opened.path, 'INBOX')
  await Promise.all([writer.logout(), watcher.logout()])
})

function isCount(client: ImapFlow, count: number): boolean {
  return client.mailbox !== false && client.mailbox.exists === count
}
