import { ImapLoad } from '../clients/imap-load.ts'
import { at, type Measure, type MeasureCase, type Sample, type Scale } from '../measure.ts'
import { memoryBytes } from '../process-cost.ts'
import type { Side } from '../side.ts'
import { dovecotsForLogins } from '../sides/dovecot-logins.ts'

/** The first account that idles; those behind it have as many sessions as it takes. */
const firstUser = 20

/** Sessions that are opened at one moment. */
const workers = 8

/**
 * How long the sessions have been idle when their memory is taken: longer than a hibernating server waits, and longer than a
 * pool keeps what it opened when all of them came at once.
 */
function settleMs(scale: Scale): number {
  return at(scale, { full: 40_000, quick: 40_000, smoke: 100 })
}

function accounts(scale: Scale): number {
  return at(scale, { full: 480, quick: 480, smoke: 4 })
}

function idling(connections: number, scale: Scale): MeasureCase {
  return {
    name: `imap-idle-memory/${connections}`,
    unit: 'KiB',
    isHigherBetter: false,
    round: (side) => memoryOf(side, connections, scale),
  }
}

/** What all processes of a side grow by, for each session that idles in INBOX under TLS. */
async function memoryOf(side: Side, connections: number, scale: Scale): Promise<Sample> {
  await settled(scale)
  const before = await memoryBytes(side.roots())
  const sessions: ImapLoad[] = []
  let next = 0
  const open = async (): Promise<void> => {
    while (next < connections) {
      const user = firstUser + (next++ % accounts(scale))
      const session = await ImapLoad.login(side.ports.imaps ?? 0, user, true)
      sessions.push(session)
      await session.command('SELECT INBOX')
      await session.idle()
    }
  }
  await Promise.all(Array.from({ length: workers }, open))
  await settled(scale)
  const after = await memoryBytes(side.roots())
  for (const session of sessions) session.close()
  await settled(scale)
  return { value: Math.max(0, after - before) / 1024 / connections, units: connections }
}

function settled(scale: Scale): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, settleMs(scale)))
}

/** Memory of an idle session, against Dovecot as shipped and with hibernation. */
export const imapIdleMemory: Measure = {
  name: 'imap-idle-memory',
  peers: (_, asked) => dovecotsForLogins(asked),
  accounts: (scale) => firstUser + accounts(scale),
  cases: (scale) => [
    idling(at(scale, { full: 500, quick: 500, smoke: 5 }), scale),
    ...(scale === 'full' ? [idling(2_000, scale)] : []),
  ],
}
