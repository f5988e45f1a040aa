import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { ImapSession } from './house/imap-session.ts'
import { startLmtpSink, type LmtpSink } from './house/lmtp-sink.ts'
import { pop3Fetchers, type Fetcher } from './house/pop3-fetchers.ts'
import { Pop3Session } from './house/pop3-session.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { sampleMail } from './house/sample-mail.ts'
import { makeScratch, type Scratch } from './house/scratch.ts'
import { transportTo } from './house/transport.ts'
import { waitFor } from './house/wait-for.ts'

const count = 300
const user = 'ada@example.test'
let suite: ProcessSuite
let scratch: Scratch
let lmtp: LmtpSink
let fetchers: readonly Fetcher[]

before(async () => {
  suite = await ProcessSuite.start({ args: ['mx', 'imap', 'pop3'] })
  scratch = await makeScratch()
  await suite.account(user)
  lmtp = await startLmtpSink()
  fetchers = await pop3Fetchers({ suite, scratch, user, lmtp })
})
after(async () => {
  await Promise.all([suite.stop(), lmtp.stop()])
  await scratch.remove()
})

/** Numbers of the messages that a program has, as often as it has them. */
async function numbersOf(fetcher: Fetcher): Promise<readonly number[]> {
  const found = [...(await fetcher.texts()).join('\n').matchAll(/^This is message (\d+)\.\r?$/gm)]
  return found.map(([, number]) => Number(number)).toSorted((a, b) => a - b)
}

const present = () => fetchers.filter(({ skip }) => skip === false)

async function deliver(numbers: readonly number[]): Promise<void> {
  const transport = transportTo(suite, 'mx', { connections: 3 })
  const envelope = { from: 'a@elsewhere.test', to: user }
  await Promise.all(
    numbers.map((n) => transport.sendMail({ envelope, raw: sampleMail(n, envelope.from, user) })),
  )
  transport.close()
}

/** What IMAP clients do all day, until told that it is over: look, set flags, copy, idle. */
async function beRestless(isOver: () => boolean, kind: 'flags' | 'copies' | 'idles') {
  const imap = await ImapSession.open(suite, user)
  await imap.command('SELECT INBOX')
  for (let turn = 1; !isOver(); turn++) {
    await imap.command('NOOP')
    if (kind === 'flags') await imap.command(`STORE 1:* ${turn % 2 ? '+' : '-'}FLAGS (\\Seen)`)
    if (kind === 'copies') await imap.command('COPY 1 Archive')
    if (kind === 'idles') {
      const tag = imap.begin('IDLE')
      await imap.client.readLines((line) => line.startsWith('+'))
      await pause(50)
      imap.client.sendLine('DONE')
      await imap.client.readLines((line) => line.startsWith(`${tag} OK`))
    }
    await pause(20)
  }
  await imap.close()
}

test('every POP3 client fetches every message once while 300 arrive and IMAP clients are at work', async () => {
  const [first = 0, ...others] = Array.from({ length: count }, (_, n) => n)
  // STORE and COPY need one to work on.
  await deliver([first])
  const state = { isDelivered: false, isOver: false }
  const restless = (['flags', 'copies', 'idles'] as const).map((kind) =>
    beRestless(() => state.isOver, kind),
  )
  const fetching = present().map(async (fetcher) => {
    while (!state.isDelivered) await fetcher.fetch()
    await fetcher.fetch()
  })
  try {
    await deliver(others)
    state.isDelivered = true
    await Promise.all(fetching)
  } finally {
    state.isDelivered = true
    state.isOver = true
    await Promise.allSettled([...fetching, ...restless])
  }
  await Promise.all(restless)
  for (const fetcher of present()) {
    assert.deepEqual(await numbersOf(fetcher), [first, ...others], fetcher.name)
  }
})

test('a second run transfers nothing, also after a restart', async () => {
  const fetched = await Promise.all(present().map(numbersOf))
  for (const fetcher of present()) await fetcher.fetch()
  suite.process.kill('SIGTERM')
  await suite.ended()
  await suite.up()
  for (const fetcher of present()) await fetcher.fetch()
  assert.deepEqual(await Promise.all(present().map(numbersOf)), fetched)
})

test('what POP3 deletes is gone from an IMAP client that idles; what IMAP moves back is new', async () => {
  const imap = await ImapSession.open(suite, user)
  await imap.command('SELECT INBOX')
  const tag = imap.begin('IDLE')
  await imap.client.readLines((line) => line.startsWith('+'))
  const pop3 = await Pop3Session.open(suite, user)
  for (const number of [3, 2, 1]) await pop3.command(`DELE ${number}`)
  await pop3.close()
  await imap.client.readLines((line) => line === '* 1 EXPUNGE')
  imap.client.sendLine('DONE')
  await imap.client.readLines((line) => line.startsWith(`${tag} OK`))
  await waitFor('the others to be gone', async () => {
    return (await imap.count('INBOX')) === count - 3 ? true : undefined
  })
  await imap.command('MOVE 1 Archive')
  await imap.command('SELECT Archive')
  await imap.command('MOVE * INBOX')
  await imap.close()
  for (const fetcher of present()) {
    const had = (await numbersOf(fetcher)).length
    await fetcher.fetch()
    assert.equal((await numbersOf(fetcher)).length, had + 1, fetcher.name)
  }
})

for (const name of ['mpop', 'fetchmail', 'getmail6', 'curl', 'poplib']) {
  test(`${name} took part`, (t) => {
    const skip = fetchers.find((each) => each.name === name)?.skip
    assert.notEqual(skip, undefined)
    if (skip !== false) t.skip(skip)
  })
}
