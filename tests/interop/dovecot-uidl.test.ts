import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { uid } from '@posthouse/store'
import { uniqueId } from '../../apps/pop3/src/unique-id.ts'
import { Conversation, endsLine } from '../bench/clients/conversation.ts'
import { ImapLoad } from '../bench/clients/imap-load.ts'
import { benchPassword, userAddress } from '../bench/side.ts'
import { DovecotServer } from '../bench/sides/dovecot.ts'
import { freePorts } from '../journeys/house/free-ports.ts'
import { makeScratch, type Scratch } from '../journeys/house/scratch.ts'

// A user who moves here from Dovecot with UIDs and UIDVALIDITY kept, and has `pop3.uidl` set to `dovecot`, downloads nothing
// twice: a client knows a message by its unique id alone (RFC 1939 §7).

const program = '/usr/sbin/dovecot'
const skip =
  existsSync(program) && process.getuid?.() === 0
    ? false
    : `it needs Debian's dovecot-imapd and dovecot-pop3d (${program}), and root`
const user = 1
let scratch: Scratch
let dovecot: DovecotServer
let ports: { readonly imap: number; readonly pop3: number; readonly lmtp: number }

before(async () => {
  if (skip !== false) return
  scratch = await makeScratch()
  // Dovecot's own users must come through.
  await chmod(scratch.folder, 0o711)
  const [imap = 0, pop3 = 0, lmtp = 0] = await freePorts(3)
  ports = { imap, pop3, lmtp }
  dovecot = new DovecotServer(scratch.folder, 'sdbox', ports)
  await dovecot.start()
})
after(async () => {
  if (skip !== false) return
  await dovecot.stop()
  await scratch.remove()
})

/** Nineteen messages, of which some in between are gone. */
async function fillWithGaps(session: ImapLoad): Promise<void> {
  const messages = Array.from({ length: 19 }, (_, n) => Buffer.from(`Subject: ${n}\r\n\r\nx\r\n`))
  await session.append(messages)
  await session.command('SELECT INBOX')
  await session.command('STORE 1,4:6,17 +FLAGS (\\Deleted)')
  await session.command('EXPUNGE')
}

/** The answer to UIDL: unique ids in the order of message numbers. */
async function uniqueIdsOf(port: number): Promise<readonly string[]> {
  const peer = await Conversation.connect(port)
  await peer.until(endsLine)
  await peer.ask(`USER ${userAddress(user)}\r\n`, endsLine)
  await peer.ask(`PASS ${benchPassword}\r\n`, endsLine)
  const answer = await peer.ask('UIDL\r\n', (tail) => tail.endsWith('\r\n.\r\n'))
  await peer.ask('QUIT\r\n', endsLine)
  peer.close()
  return [...answer.matchAll(/^\d+ (\S+)\r$/gm)].map(([, id = '']) => id)
}

test(
  "with pop3.uidl=dovecot a message's unique id is what Dovecot gives it",
  { skip },
  async () => {
    const session = await ImapLoad.login(ports.imap, user)
    await fillWithGaps(session)
    const status = await session.command('STATUS INBOX (UIDVALIDITY MESSAGES)')
    const search = await session.command('UID SEARCH ALL')
    session.close()
    const uidValidity = Number(/UIDVALIDITY (\d+)/.exec(status)?.[1])
    const uids = /\* SEARCH ([\d ]+)/.exec(search)?.[1]?.split(' ').map(Number) ?? []
    assert.equal(uids.length, 14)
    const ours = uids.map((number) => uniqueId('dovecot', uidValidity, uid(number)))
    assert.deepEqual(await uniqueIdsOf(ports.pop3), ours)
  },
)
