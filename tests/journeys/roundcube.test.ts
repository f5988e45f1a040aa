import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ImapFlow } from 'imapflow'
import { connectImapFlow, stateOf } from './house/mailbox-state.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { Roundcube, roundcubeAbsent, type Listed } from './house/roundcube.ts'
import { makeScratch, type Scratch } from './house/scratch.ts'
import { transportTo } from './house/transport.ts'
import { waitFor } from './house/wait-for.ts'

const ada = 'ada@example.test'
const bob = 'bob@example.test'
const skip = roundcubeAbsent()
const subjects = ['one', 'two', 'three', 'four', 'fünf ✉']
let suite: ProcessSuite
let scratch: Scratch
let imap: ImapFlow

before(async () => {
  if (skip !== false) return
  suite = await ProcessSuite.start()
  scratch = await makeScratch()
  await suite.account(ada)
  await suite.account(bob)
  const transport = transportTo(suite, 'mx', { connections: 1 })
  for (const subject of subjects)
    await transport.sendMail({ from: bob, to: ada, subject, text: `The text of ${subject}.` })
  transport.close()
  imap = await connectImapFlow(suite, ada)
})
after(async () => {
  if (skip !== false) return
  await imap.logout().catch(() => undefined)
  await suite.stop()
  await scratch.remove()
})

test('Roundcube lists, opens, flags, moves, deletes, searches and sends', { skip }, async () => {
  const web = await Roundcube.start(suite, scratch)
  let said = ''
  try {
    await web.logIn(ada)
    const mailboxes = await web.mailboxes()
    assert.deepEqual(mailboxes.toSorted(), ['Archive', 'Drafts', 'INBOX', 'Junk', 'Sent', 'Trash'])
    const listed = await web.list('INBOX')
    assert.deepEqual(listed.map(({ subject }) => subject).toSorted(), subjects.toSorted())
    await useMessages(web, (subject) => uidOf(listed, subject))
    assert.deepEqual(await stateOf(imap, 'INBOX'), ['fünf ✉ \\Seen', 'one \\Flagged'])
    assert.deepEqual(await stateOf(imap, 'Archive'), ['two'])
    // What it throws away it marks as read.
    assert.deepEqual(await stateOf(imap, 'Trash'), ['three \\Seen'])
    const now = await web.list('INBOX')
    const flagsOf = now.map(({ subject, isRead, isFlagged }) => [subject, isRead, isFlagged])
    assert.deepEqual(new Set(flagsOf.map(String)), new Set(['fünf ✉,true,false', 'one,false,true']))
    await send(web)
  } finally {
    said = await web.stop()
  }
  assert.match(said, /UID MOVE/i)
  assert.doesNotMatch(said, /S: A\d+ (BAD|NO) /)
})

function uidOf(listed: readonly Listed[], wanted: string): number {
  const uid = listed.find(({ subject }) => subject === wanted)?.uid
  assert.ok(uid !== undefined, `${wanted} is not listed`)
  return uid
}

async function useMessages(web: Roundcube, uid: (subject: string) => number): Promise<void> {
  assert.match(await web.show('INBOX', uid('fünf ✉')), /The text of fünf ✉\./)
  await web.mark('INBOX', uid('one'), 'flagged')
  await web.move('INBOX', uid('two'), 'Archive')
  await web.move('INBOX', uid('three'), 'Trash')
  await web.remove('INBOX', uid('four'))
  assert.match(await web.search('INBOX', 'one'), new RegExp(`add_message_row\\(${uid('one')},`))
}

async function send(web: Roundcube): Promise<void> {
  await web.send({ to: bob, subject: 'from the web', text: 'Hello Bob.' })
  assert.deepEqual(await stateOf(imap, 'Sent'), ['from the web \\Seen'])
  const others = await connectImapFlow(suite, bob)
  const arrived = await waitFor('the message to arrive', async () => {
    const state = await stateOf(others, 'INBOX')
    return state.length === 1 ? state : undefined
  })
  assert.deepEqual(arrived, ['from the web'])
  await others.logout()
}
