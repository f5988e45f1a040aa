import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cursor, listArguments } from '@posthouse/imap-wire'
import { mailboxId, type MailboxInfo, type SpecialUse } from '@posthouse/store'
import { MailboxTree } from './mailbox-tree.ts'

function mailbox(name: string, specialUse?: SpecialUse): MailboxInfo {
  return { id: mailboxId(1), name, uidValidity: 1, specialUse }
}

/** The mailboxes of RFC 5258 §5's examples. */
const tree = new MailboxTree(
  ['INBOX', 'Fruit', 'Fruit/Apple', 'Fruit/Banana', 'Tofu', 'Vegetable/Broccoli'].map((name) =>
    mailbox(name),
  ),
  ['INBOX', 'Fruit/Banana', 'Fruit/Peach', 'Vegetable/Broccoli'],
)

function listed(command: string): string[] {
  const cursor = new Cursor([{ kind: 'line', octets: Buffer.from(command) }])
  return tree.find(listArguments(cursor)).map(({ name, attributes, childInfo }) => {
    const info = childInfo === undefined ? '' : ` <${childInfo.join(' ')}>`
    return `${name} ${attributes.join(' ')}${info}`
  })
}

const rows: readonly (readonly [string, readonly string[]])[] = [
  [
    '"" *',
    [
      'INBOX \\HasNoChildren',
      'Fruit \\HasChildren',
      'Fruit/Apple \\HasNoChildren',
      'Fruit/Banana \\HasNoChildren',
      'Tofu \\HasNoChildren',
      'Vegetable \\NonExistent \\Noselect \\HasChildren',
      'Vegetable/Broccoli \\HasNoChildren',
    ],
  ],
  ['"" inbox', ['INBOX \\HasNoChildren']],
  ['Fruit/ %', ['Fruit/Apple \\HasNoChildren', 'Fruit/Banana \\HasNoChildren']],
  ['"" (Tofu Fruit/A%)', ['Fruit/Apple \\HasNoChildren', 'Tofu \\HasNoChildren']],
  [
    '(SUBSCRIBED) "" *',
    [
      'INBOX \\HasNoChildren \\Subscribed',
      'Fruit/Banana \\HasNoChildren \\Subscribed',
      'Fruit/Peach \\NonExistent \\Noselect \\HasNoChildren \\Subscribed',
      'Vegetable/Broccoli \\HasNoChildren \\Subscribed',
    ],
  ],
  ['(SUBSCRIBED) "" %', ['INBOX \\HasNoChildren \\Subscribed']],
  [
    '(SUBSCRIBED RECURSIVEMATCH) "" %',
    [
      'INBOX \\HasNoChildren \\Subscribed',
      'Fruit \\HasChildren <SUBSCRIBED>',
      'Vegetable \\NonExistent \\Noselect \\HasChildren <SUBSCRIBED>',
    ],
  ],
  [
    '"" % RETURN (SUBSCRIBED)',
    [
      'INBOX \\HasNoChildren \\Subscribed',
      'Fruit \\HasChildren',
      'Tofu \\HasNoChildren',
      'Vegetable \\NonExistent \\Noselect \\HasChildren',
    ],
  ],
]

for (const [command, expected] of rows) {
  test(`LIST ${command} finds ${expected.length} names`, () => {
    assert.deepEqual(listed(command), expected)
  })
}

test('LSUB with % shows what stands above a subscribed name', () => {
  const names = tree
    .findSubscribed('%')
    .map(({ name, attributes }) => `${name} ${attributes.join('')}`)
  assert.deepEqual(names, ['INBOX ', 'Fruit \\Noselect', 'Vegetable \\Noselect'])
})

test('special uses are selected by the attribute and always told', () => {
  const uses = new MailboxTree([mailbox('INBOX'), mailbox('Gone', '\\Trash')], [])
  const cursor = new Cursor([{ kind: 'line', octets: Buffer.from('(SPECIAL-USE) "" *') }])
  assert.deepEqual(
    uses.find(listArguments(cursor)).map(({ name, attributes }) => [name, ...attributes]),
    [['Gone', '\\HasNoChildren', '\\Trash']],
  )
})
