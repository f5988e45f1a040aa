import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cursor, selectArguments, sequenceSet } from '@posthouse/imap-wire'
import { uid } from '@posthouse/store'
import { SequenceNumbers } from './sequence-numbers.ts'
import { vanishedEarlier, type VanishedView } from './vanished.ts'

const cursor = (text: string): Cursor => new Cursor([{ kind: 'line', octets: Buffer.from(text) }])

interface Mailbox {
  /** What the client knows. */
  readonly known: readonly number[]
  /** Messages that have come and were not told yet. */
  readonly untold?: readonly number[]
  readonly uidNext: number
  /** Undefined: not remembered. */
  readonly expunged: readonly number[] | undefined
}

function viewOf({ known, untold = [], uidNext, expunged }: Mailbox): VanishedView {
  const numbers = new SequenceNumbers()
  numbers.append(known)
  const all = [...known, ...untold]
  const state = {
    size: all.length,
    uidNext: uid(uidNext),
    uidAt: (index: number) => uid(all[index] ?? 0),
    lowerBound: (wanted: number) => all.filter((one) => one < wanted).length,
  }
  return { numbers, saved: [], open: { state, vanishedSince: () => Promise.resolve(expunged) } }
}

async function told(mailbox: Mailbox, set: string, match?: string): Promise<string> {
  const parsed =
    match === undefined
      ? undefined
      : selectArguments(cursor(`a (QRESYNC (1 1 ${match}))`)).qresync?.match
  const response = await vanishedEarlier(viewOf(mailbox), sequenceSet(cursor(set)), 5, parsed)
  return response.toString().trim().replace('* VANISHED (EARLIER) ', '')
}

test('what the store remembers is told, as far as it was asked for', async () => {
  const mailbox = { known: [1, 5], uidNext: 9, expunged: [2, 3, 8] }
  assert.equal(await told(mailbox, '1:100'), '2:3,8')
  assert.equal(await told(mailbox, '3:7'), '3')
  assert.equal(await told(mailbox, '4:5'), '')
})

test('what the client still counts is told later, with its number', async () => {
  assert.equal(await told({ known: [1, 2, 5], uidNext: 9, expunged: [2, 3] }, '1:100'), '3')
})

test('where the history was trimmed, everything that is not there is told', async () => {
  const mailbox = { known: [3, 4, 8], uidNext: 12, expunged: undefined }
  assert.equal(await told(mailbox, '1:100'), '1:2,5:7,9:11')
  assert.equal(await told(mailbox, '4:9'), '5:7,9')
  assert.equal(await told({ known: [], uidNext: 1, expunged: undefined }, '1:100'), '')
  assert.equal(await told({ known: [], uidNext: 4, expunged: undefined }, '1:100'), '1:3')
})

test('a message that has come and was not told yet has not vanished', async () => {
  const mailbox = { known: [3], untold: [7], uidNext: 12, expunged: undefined }
  assert.equal(await told(mailbox, '1:100'), '1:2,4:6')
})

test('numbers that still belong to their UIDs spare the client what it knows already', async () => {
  const mailbox = { known: [3, 4, 8, 9], uidNext: 12, expunged: undefined }
  assert.equal(await told(mailbox, '1:100', '(1:2 3:4)'), '5:7,10:11')
  assert.equal(await told(mailbox, '1:100', '(1,3 3,6)'), '5:7,10:11')
  assert.equal(await told(mailbox, '1:100', '(1 1)'), '1:2,5:7,10:11')
  assert.equal(await told(mailbox, '1:100', '(1,4 3,9)'), '10:11')
  assert.equal(await told(mailbox, '1:100', '(1:4294967295 1:4294967295)'), '1:2,5:7,10:11')
})
