import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ImapFlow } from 'imapflow'
import { connectImapFlow, stateOf } from './house/mailbox-state.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { absent } from './house/run-program.ts'
import { makeScratch, type Scratch } from './house/scratch.ts'
import { Thunderbird } from './house/thunderbird.ts'
import { transportTo } from './house/transport.ts'
import { waitFor } from './house/wait-for.ts'

const ada = 'ada@example.test'
const bob = 'bob@example.test'
const skip = absent('thunderbird')
const subjects = ['one', 'two', 'three', 'four', 'five']
/** Long enough that Thunderbird fetches it in pieces. */
const longText = Array.from({ length: 6000 }, (_, line) => `line ${line} of a long message`).join(
  '\r\n',
)
let suite: ProcessSuite
let scratch: Scratch
let imap: ImapFlow

before(async () => {
  if (skip !== false) return
  suite = await ProcessSuite.start()
  scratch = await makeScratch()
  await suite.account(ada)
  await suite.account(bob)
  await deliver(subjects)
  imap = await connectImapFlow(suite, ada)
})
after(async () => {
  if (skip !== false) return
  await imap.logout().catch(() => undefined)
  await suite.stop()
  await scratch.remove()
})

async function deliver(these: readonly string[]): Promise<void> {
  const transport = transportTo(suite, 'mx', { connections: 1 })
  for (const subject of these)
    await transport.sendMail({
      from: bob,
      to: ada,
      subject,
      text: subject === 'five' ? longText : subject,
    })
  transport.close()
}

/** Waits until a mailbox of Ada's is like this: Thunderbird tells the server in its own time. */
async function becomes(mailbox: string, wanted: readonly string[]): Promise<void> {
  let state: readonly string[] = []
  await waitFor(`${mailbox} to be right`, async () => {
    state = await stateOf(imap, mailbox)
    return state.join('\n') === wanted.toSorted().join('\n') || undefined
  }).catch((cause: unknown) => assert.deepEqual(state, wanted.toSorted(), String(cause)))
}

test(
  'Thunderbird over IMAP shows, flags, moves, deletes, sends and answers',
  { skip },
  async () => {
    const bird = await Thunderbird.start(suite, scratch, 'imap', ada)
    let said = ''
    try {
      await bird.does('discover', ['INBOX', 'Drafts', 'Sent', 'Junk', 'Trash', 'Archive'])
      await bird.untilShown('INBOX', subjects)
      const read = String(await bird.does('read', 'INBOX', 'five'))
      assert.ok(read.includes(`\r\n\r\n${longText}`), 'the long message, octet by octet')

      await bird.does('mark', 'INBOX', 'one', { isRead: true })
      await bird.does('mark', 'INBOX', 'two', { isFlagged: true })
      await bird.does('transfer', 'INBOX', 'two', 'Archive', false)
      await bird.does('transfer', 'INBOX', 'three', 'Junk', true)
      await bird.does('remove', 'INBOX', 'four')
      await bird.does('compact', 'INBOX')
      await becomes('INBOX', ['one \\Seen', 'two \\Flagged', 'five'])
      await becomes('Archive', ['two \\Flagged'])
      await becomes('Junk', ['three'])
      await becomes('Trash', ['four'])
      await bird.untilShown('Trash', ['four'])
      await bird.does('emptyTrash')
      await becomes('Trash', [])

      await othersChange()
      const shown = await bird.untilShown('INBOX', ['one', 'five', 'six'])
      const isFlagged = (one: string) => shown.find(({ subject }) => subject === one)?.isFlagged
      assert.deepEqual([isFlagged('one'), isFlagged('five')], [false, true])

      await sendAndAnswer(bird)
    } finally {
      said = await bird.stop()
    }
    assert.match(said, /UID fetch/, 'the log of the protocol')
    assert.doesNotMatch(said, /CreateNewLineFromSocket: \S+ (BAD|NO) /)
  },
)

/** Another client flags a message and deletes one, and one more arrives. */
async function othersChange(): Promise<void> {
  const lock = await imap.getMailboxLock('INBOX')
  await imap.messageFlagsAdd({ subject: 'five' }, ['\\Flagged'])
  await imap.messageDelete({ subject: 'two' })
  lock.release()
  await deliver(['six'])
}

async function sendAndAnswer(bird: Thunderbird): Promise<void> {
  await bird.does('send', { to: bob, subject: 'from the bird', body: 'Hello Bob.' })
  await bird.does('send', { body: 'I answer.', answers: ['INBOX', 'six'] })
  await becomes('Sent', ['Re: six \\Seen', 'from the bird \\Seen'])
  await becomes('INBOX', ['one \\Seen', 'five \\Flagged', 'six \\Answered'])
  const others = await connectImapFlow(suite, bob)
  const arrived = await waitFor('both to arrive', async () => {
    const state = await stateOf(others, 'INBOX')
    return state.length === 2 ? state : undefined
  })
  assert.deepEqual(arrived, ['Re: six', 'from the bird'])
  await others.logout()
}

test(
  'Thunderbird over POP3 fetches everything once, and deletes on the server what is deleted',
  { skip },
  async () => {
    const there = await stateOf(imap, 'INBOX')
    const names = there.map((one) => one.split(' ')[0] ?? '')
    const bird = await Thunderbird.start(suite, scratch, 'pop3', ada)
    try {
      await bird.untilShown('Inbox', names)
      await deliver(['seven'])
      await bird.untilShown('Inbox', [...names, 'seven'])
      const read = String(await bird.does('read', 'Inbox', 'five'))
      assert.ok(read.replaceAll('\r\n', '\n').includes(longText.replaceAll('\r\n', '\n')))
      await bird.does('remove', 'Inbox', 'five')
      await bird.does('open', 'Inbox')
      const left = there.filter((one) => !one.startsWith('five'))
      await becomes('INBOX', [...left, 'seven'])
    } finally {
      await bird.stop()
    }
  },
)
