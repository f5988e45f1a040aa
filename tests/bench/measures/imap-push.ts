import { readFile, writeFile } from 'node:fs/promises'
import { ImapLoad } from '../clients/imap-load.ts'
import { sendLoad } from '../clients/smtp-load.ts'
import { makeMessage } from '../mail.ts'
import { at, percentile, type Measure, type MeasureCase, type Sample } from '../measure.ts'
import { userAddress, type Side } from '../side.ts'

/** The account whose session is watched; those after it only idle. */
const watched = 10

/** Each idle process of Dovecot needs an inotify instance; Linux gives a user 128. */
const inotifyFile = '/proc/sys/fs/inotify/max_user_instances'

function push(idle: number, messages: number): MeasureCase {
  return {
    name: `imap-push/${idle}`,
    unit: 'ms',
    isHigherBetter: false,
    round: (side, round) => withInotify(() => watch(side, idle, messages, round)),
  }
}

/** From the sender's 250 to the EXISTS in an idle session. */
async function watch(side: Side, idle: number, messages: number, round: number): Promise<Sample> {
  const sessions = await idlers(side, idle)
  const [watcher] = sessions
  const delays: number[] = []
  if (watcher === undefined) throw new Error('nobody idles')
  for (let n = 0; n < messages; n++) {
    const pushed = watcher.pushed().then(() => performance.now())
    await sendLoad({
      port: side.ports.smtp,
      connections: 1,
      messages: 1,
      recipients: () => [userAddress(watched)],
      octets: () => makeMessage({ seed: 500 + round, bytes: 2_000 }, n),
    })
    const accepted = performance.now()
    delays.push(Math.max(0, (await pushed) - accepted))
  }
  for (const session of sessions) session.close()
  const sorted = delays.toSorted((a, b) => a - b)
  const extra = { p99Ms: percentile(sorted, 0.99) }
  return { value: percentile(sorted, 0.5), units: messages, extra }
}

async function idlers(side: Side, count: number): Promise<readonly ImapLoad[]> {
  const sessions: ImapLoad[] = []
  for (let n = 0; n < count; n++) {
    const session = await ImapLoad.login(side.ports.imap, watched + n)
    await session.command('SELECT INBOX')
    await session.idle()
    sessions.push(session)
  }
  return sessions
}

async function withInotify<T>(work: () => Promise<T>): Promise<T> {
  const before = await readFile(inotifyFile, 'utf8')
  const isRaised = await writeFile(inotifyFile, '8192').then(
    () => true,
    () => false,
  )
  try {
    return await work()
  } finally {
    if (isRaised) await writeFile(inotifyFile, before)
  }
}

/** How soon an idle session hears of new mail, alone and among 500. */
export const imapPush: Measure = {
  name: 'imap-push',
  accounts: (scale) => watched + at(scale, { full: 500, quick: 500, smoke: 5 }),
  cases: (scale) => [
    push(1, at(scale, { full: 50, quick: 20, smoke: 3 })),
    push(
      at(scale, { full: 500, quick: 500, smoke: 5 }),
      at(scale, { full: 50, quick: 20, smoke: 3 }),
    ),
  ],
}
