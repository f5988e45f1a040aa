import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baseSubject } from '@posthouse/message'
import * as fc from 'fast-check'
import { formatThreads } from './format-threads.ts'
import { threadedIds } from './message-ids.ts'
import { ReferenceLinks } from './reference-links.ts'
import { referenceThreads } from './references.ts'

fc.configureGlobal({ seed: 20260101 })

/** A message: its id without brackets, the ids it refers to, its subject; sent in the order given unless it says when. */
interface Mail {
  readonly id?: string
  readonly to?: string
  readonly replyTo?: string
  readonly subject?: string
  readonly date?: number
}

async function threads(...mails: readonly Mail[]): Promise<string> {
  const links = new ReferenceLinks()
  for (const [i, { id, to = '', replyTo }] of mails.entries()) {
    const references = to.split(' ').flatMap((one) => (one === '' ? [] : [`<${one}>`]))
    const messageId = id === undefined ? null : `<${id}>`
    const inReplyTo = replyTo === undefined ? null : `<${replyTo}>`
    links.add(i, threadedIds({ messageId, references, inReplyTo }))
  }
  const subjects = mails.map(({ subject }, i) => baseSubject(subject ?? `subject ${i}`))
  const messages = {
    dates: mails.map(({ date }, i) => date ?? i),
    subjects: subjects.map(({ text }) => text),
    areReplies: subjects.map(({ isReplyOrForward }) => isReplyOrForward),
  }
  const roots = await referenceThreads(messages, links.parents(mails.length))
  const out = [...formatThreads(roots, (message) => message + 1)]
  return Buffer.concat(out).toString().trim().replace('* THREAD', '').trim()
}

test('messages hang where their references say', async () => {
  assert.equal(await threads(), '')
  assert.equal(await threads({ id: 'a' }, { id: 'b' }), '(1)(2)')
  assert.equal(await threads({ id: 'a' }, { id: 'b', to: 'a' }, { id: 'c', to: 'a b' }), '(1 2 3)')
  assert.equal(
    await threads({ id: 'a' }, { id: 'b', to: 'a' }, { id: 'c', to: 'a' }, { id: 'd', to: 'a b' }),
    '(1 (2 4)(3))',
  )
})

test('In-Reply-To counts where there are no references', async () => {
  assert.equal(await threads({ id: 'a' }, { id: 'b', replyTo: 'a' }), '(1 2)')
  assert.equal(
    await threads({ id: 'a' }, { id: 'x' }, { id: 'b', to: 'a', replyTo: 'x' }),
    '(1 3)(2)',
  )
})

test('an answer that came first finds its place', async () => {
  assert.equal(await threads({ id: 'b', to: 'a' }, { id: 'a' }), '(2 1)')
  assert.equal(await threads({ id: 'c', to: 'a b' }, { id: 'b', to: 'a' }, { id: 'a' }), '(3 2 1)')
})

test('missing messages are skipped, and hold their children together at the top', async () => {
  assert.equal(await threads({ id: 'a' }, { id: 'c', to: 'a missing' }), '(1 2)')
  assert.equal(await threads({ id: 'b', to: 'missing' }), '(1)')
  assert.equal(await threads({ id: 'b', to: 'missing' }, { id: 'c', to: 'missing' }), '((1)(2))')
  assert.equal(
    await threads({ id: 'b', to: 'm1 m2' }, { id: 'c', to: 'm1 m3' }, { id: 'd', to: 'm1 m3 c' }),
    '((1)(2 3))',
  )
  assert.equal(await threads({ id: 'b', to: 'm1 m2' }, { id: 'c', to: 'm1 m2' }), '((1)(2))')
})

test('what a message says itself outweighs what others said of it', async () => {
  const mails = [{ id: 'c', to: 'a b' }, { id: 'a' }, { id: 'x' }, { id: 'b', to: 'x' }]
  assert.equal(await threads(...mails), '(2)(3 4 1)')
  assert.equal(await threads({ id: 'c', to: 'a b' }, { id: 'a' }, { id: 'b' }), '(2)(3 1)')
})

test('circles are not closed', async () => {
  assert.equal(await threads({ id: 'a', to: 'a' }), '(1)')
  assert.equal(await threads({ id: 'a', to: 'b' }, { id: 'b', to: 'a' }), '(2 1)')
  assert.equal(await threads({ id: 'a', to: 'c b' }, { id: 'b', to: 'a c' }), '(2 1)')
})

test('an id that two messages have belongs to the first', async () => {
  const mails = [{ id: 'a' }, { id: 'a' }, { id: 'b', to: 'a' }]
  assert.equal(await threads(...mails), '(1 3)(2)')
  assert.equal(await threads({}, {}), '(1)(2)')
})

test('a quoted local part is the same as a plain one', async () => {
  assert.equal(await threads({ id: '"a.b"@x' }, { id: 'c', to: 'a.b@x' }), '(1 2)')
})

test('siblings come by date, a dummy by its first child', async () => {
  assert.equal(
    await threads({ id: 'a' }, { id: 'b', to: 'a', date: 9 }, { id: 'c', to: 'a', date: 5 }),
    '(1 (3)(2))',
  )
  assert.equal(
    await threads(
      { id: 'a', date: 5 },
      { id: 'b', to: 'm', date: 9 },
      { id: 'c', to: 'm', date: 1 },
    ),
    '((3)(2))(1)',
  )
  assert.equal(await threads({ date: 5 }, { date: 5 }, { date: 4 }), '(3)(1)(2)')
})

test('threads of one subject are gathered', async () => {
  const subject = 'hello'
  assert.equal(await threads({ subject }, { subject: 'Re: hello' }), '(1 2)')
  assert.equal(await threads({ subject: 'Re: hello' }, { subject }), '(2 1)')
  assert.equal(await threads({ subject }, { subject }), '((1)(2))')
  assert.equal(await threads({ subject }, { subject }, { subject }), '((1)(2)(3))')
  assert.equal(await threads({ subject: 'Re: hello' }, { subject: 'Re: hello' }), '((1)(2))')
  assert.equal(
    await threads({ subject }, { subject: 'Re: hello' }, { subject: '[list] hello (fwd)' }),
    '(1 (2)(3))',
  )
  assert.equal(await threads({ subject: 'Re:' }, { subject: '' }), '(1)(2)')
})

test('a dummy stands for its subject, and takes what has it', async () => {
  const reply = 'Re: hello'
  const apart = [
    { id: 'b', to: 'm', subject: reply },
    { id: 'c', to: 'm', subject: reply },
  ]
  assert.equal(await threads(...apart, { subject: 'hello' }), '((1)(2)(3))')
  assert.equal(
    await threads(
      ...apart,
      { id: 'd', to: 'n', subject: reply },
      { id: 'e', to: 'n', subject: reply },
    ),
    '((1)(2)(3)(4))',
  )
})

test('whatever messages refer to, each stands in the answer once', async () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const mail = fc.record({
    id,
    to: fc.array(id, { maxLength: 4 }).map((ids) => ids.join(' ')),
    subject: fc.constantFrom('x', 'Re: x', 'y', 'Re: y', ''),
    date: fc.integer({ min: 0, max: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(mail, { maxLength: 12 }), async (mails) => {
      const answer = await threads(...mails)
      const numbers = (answer.match(/\d+/g) ?? []).map(Number).toSorted((a, b) => a - b)
      assert.deepEqual(
        numbers,
        mails.map((_, i) => i + 1),
      )
      assert.match(answer, /^(?:\((?:[\d ()]*)\))*$/)
    }),
    { numRuns: 3000 },
  )
})

test('a conversation of fifty thousand messages, one below the other, is no trouble', async () => {
  const mails = Array.from({ length: 50_000 }, (_, i) => ({
    id: `m${i}`,
    to: i === 0 ? '' : `m${i - 1}`,
  }))
  const answer = await threads(...mails)
  assert.ok(answer.startsWith('(1 2 3 4') && answer.endsWith('50000)'))
  const backwards = await threads(...mails.toReversed())
  assert.ok(backwards.startsWith('(50000 49999') && backwards.endsWith(' 1)'))
})
