import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freePorts } from '../../journeys/house/free-ports.ts'
import { benchFolder } from '../folders.ts'
import {
  at,
  secondsOf,
  type Measure,
  type MeasureCase,
  type Sample,
  type Scale,
} from '../measure.ts'
import { benchDomain, benchPassword, userAddress, type MailboxPlan, type Side } from '../side.ts'
import { DovecotServer } from '../sides/dovecot.ts'

const dovecot = '/usr/sbin/dovecot'

/** Where people move from: a Dovecot on this machine, with what it keeps between runs. */
const folder = path.join(benchFolder, 'import-source')

/** How fast `import imap` brings a mailbox over from a Dovecot beside it: 300 messages a second is the aim. */
export const importImap: Measure = {
  name: 'import-imap',
  accounts: () => 1,
  cases: (scale) => [importing(scale)],
}

function importing(scale: Scale): MeasureCase {
  const messages = at(scale, { full: 20_000, quick: 5_000, smoke: 20 })
  const plan: MailboxPlan = { user: 1, messages, shape: { seed: 77, bytes: 'standard' } }
  return {
    name: 'import-imap/standard',
    unit: 'messages/s',
    isHigherBetter: true,
    // Dovecot keeps mail as another user, which only root can have it do.
    skips: (side) => side.command === undefined || !existsSync(dovecot) || process.getuid?.() !== 0,
    round: (side) => importOnce(side, plan),
  }
}

/** Into a new account each time: what is there already would not come again. */
async function importOnce(side: Side, plan: MailboxPlan): Promise<Sample> {
  await mkdir(folder, { recursive: true })
  const passwordFile = path.join(folder, 'password')
  await writeFile(passwordFile, `${benchPassword}\n`, { mode: 0o600 })
  const [imap = 0, pop3 = 0, lmtp = 0] = await freePorts(3)
  const source = new DovecotServer(folder, 'sdbox', { imap, pop3, lmtp })
  await source.start()
  try {
    await source.fill(plan)
    const account = `import-${Date.now().toString(36)}@${benchDomain}`
    await side.command?.(['account', 'add', account, '--password-file', passwordFile])
    const from = ['--host', '127.0.0.1', '--port', String(imap), '--insecure']
    const who = ['--user', userAddress(plan.user), '--password-file', passwordFile]
    const seconds = await secondsOf(async () =>
      side.command?.(['import', 'imap', account, ...from, ...who]),
    )
    return { value: plan.messages / seconds, units: plan.messages }
  } finally {
    await source.stop()
  }
}
