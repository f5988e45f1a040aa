import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { imapExtensions, type ImapExtension } from '@posthouse/config'
import { computeFacts } from '@posthouse/message'
import { readSettingChange } from '@posthouse/store'
import { logIn, startSuite, testActor, type RawClient, type Suite } from '@posthouse/testkit'
import { app } from '../app.ts'
import { extensions } from './capabilities.ts'
import { SwitchedOff } from './switched-off.ts'

const address = 'ada@example.test'
let suite: Suite
before(async () => {
  const clients = [
    { name: 'Odd Mail', without: ['COMPRESS=DEFLATE', 'ID'] },
    { name: 'Odd Mail', version: '16', without: ['CONDSTORE'] },
  ]
  suite = await startSuite({ apps: [app], imap: { without: ['PREVIEW'], clients } })
  const { id } = await suite.account(address)
  const inbox = await suite.store.mailboxes(id).find('INBOX')
  assert.ok(inbox)
  const octets = Buffer.from('Subject: x\r\n\r\nHello\r\n')
  const request = { octets, facts: computeFacts(octets), flags: [] }
  assert.ok((await suite.store.append(id, inbox.id, request)).ok)
})
after(() => suite.stop())

async function set(text: string): Promise<void> {
  const reading = readSettingChange(text)
  assert.ok(reading.ok, text)
  await suite.store.accountSettings.change(address, [reading.change], testActor)
}

async function withSession(work: (client: RawClient) => Promise<void>): Promise<void> {
  const client = await suite.connect('imap')
  try {
    await client.readLine()
    await logIn(client, 'imap', address)
    await work(client)
  } finally {
    client.close()
  }
}

/** Sends a command and gives everything up to its tagged answer. */
async function ask(client: RawClient, command: string): Promise<string[]> {
  client.sendLine(`t ${command}`)
  return client.readLines((line) => line.startsWith('t '))
}

async function capabilitiesOf(client: RawClient): Promise<readonly string[]> {
  const [line = ''] = await ask(client, 'CAPABILITY')
  return line.split(' ').slice(2)
}

/** What each extension brings into the grammar: OK or NO with it, BAD without. */
const examples: Partial<Record<ImapExtension, readonly string[]>> = {
  BINARY: ['FETCH 1 BINARY.PEEK[1]', 'FETCH 1 BINARY.SIZE[1]', 'APPEND INBOX ~{3+}\r\nabc'],
  CHILDREN: ['LIST "" % RETURN (CHILDREN)'],
  'COMPRESS=DEFLATE': ['COMPRESS DEFLATE'],
  CONDSTORE: [
    'FETCH 1 MODSEQ',
    'FETCH 1 FLAGS (CHANGEDSINCE 1)',
    'STORE 1 (UNCHANGEDSINCE 1) +FLAGS (a)',
    'SEARCH MODSEQ 1',
    'STATUS INBOX (HIGHESTMODSEQ)',
    'SELECT INBOX (CONDSTORE)',
  ],
  'CREATE-SPECIAL-USE': ['CREATE x (USE (\\Important))'],
  ENABLE: ['ENABLE CONDSTORE'],
  ESEARCH: ['SEARCH RETURN (ALL) ALL'],
  ESORT: ['SORT RETURN (ALL) (DATE) UTF-8 ALL'],
  ID: ['ID NIL'],
  'LIST-EXTENDED': ['LIST (SUBSCRIBED) "" *', 'LIST "" (INBOX)', 'LIST "" * RETURN ()'],
  'LIST-STATUS': ['LIST "" % RETURN (STATUS (MESSAGES))'],
  MOVE: ['MOVE 1 nowhere', 'UID MOVE 1 nowhere'],
  MULTIAPPEND: ['APPEND INBOX {3+}\r\nabc {3+}\r\nabc'],
  NAMESPACE: ['NAMESPACE'],
  OBJECTID: ['FETCH 1 EMAILID', 'SEARCH THREADID x', 'STATUS INBOX (MAILBOXID)'],
  PARTIAL: ['SEARCH RETURN (PARTIAL 1:2) ALL', 'UID FETCH 1 FLAGS (PARTIAL 1:2)'],
  QRESYNC: ['UID FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)'],
  QUOTA: ['GETQUOTA account', 'GETQUOTAROOT INBOX', 'STATUS INBOX (DELETED)'],
  REPLACE: ['REPLACE 1 nowhere {3+}\r\nabc', 'UID REPLACE 1 nowhere {3+}\r\nabc'],
  SAVEDATE: ['FETCH 1 SAVEDATE', 'SEARCH SAVEDSINCE 1-Feb-2020'],
  SEARCHRES: ['SEARCH RETURN (SAVE) ALL', 'FETCH $ FLAGS'],
  SORT: ['SORT (DATE) UTF-8 ALL', 'UID SORT (DATE) UTF-8 ALL'],
  'SORT=DISPLAY': ['SORT (DISPLAYFROM) UTF-8 ALL'],
  'SPECIAL-USE': ['LIST (SPECIAL-USE) "" *', 'LIST "" * RETURN (SPECIAL-USE)'],
  'STATUS=SIZE': ['STATUS INBOX (SIZE)'],
  'THREAD=ORDEREDSUBJECT': ['THREAD ORDEREDSUBJECT UTF-8 ALL'],
  'THREAD=REFERENCES': ['UID THREAD REFERENCES UTF-8 ALL'],
  UIDPLUS: ['UID EXPUNGE 99'],
  UNSELECT: ['UNSELECT'],
  WITHIN: ['SEARCH YOUNGER 60'],
  XLIST: ['XLIST "" *'],
}

/** Those that bring nothing that could be refused here. */
const others: readonly string[] = [
  'APPENDLIMIT', 'IDLE', 'INPROGRESS', 'LITERAL+', 'PREVIEW', 'QUOTA=RES-MESSAGE', 'QUOTA=RES-STORAGE', 'SASL-IR', 'UTF8=ACCEPT',
] // prettier-ignore

test('every extension that the server offers can be switched off, and no other', () => {
  const known: readonly string[] = imapExtensions
  assert.deepEqual(new Set(extensions()), new Set(known))
  assert.deepEqual(new Set([...Object.keys(examples), ...others]), new Set(known))
})

for (const [name, commands] of Object.entries(examples)) {
  test(`${name} that is off for an account is not offered, and what it brings does not exist`, async () => {
    // One that is asked for first changes nothing that the others need.
    await set('imap.without=')
    await withSession(async (client) => {
      assert.ok((await capabilitiesOf(client)).includes(name))
      for (const command of commands) {
        await ask(client, 'SELECT INBOX')
        // Compression goes on with other octets.
        if (name === 'COMPRESS=DEFLATE') continue
        assert.doesNotMatch(
          (await ask(client, command)).at(-1) ?? '',
          /^t BAD (?!.*ENABLE)/,
          command,
        )
      }
    })
    await set(`imap.without=${name.toLowerCase()}`)
    await withSession(async (client) => {
      assert.ok(!(await capabilitiesOf(client)).includes(name))
      await ask(client, 'SELECT INBOX')
      for (const command of commands)
        assert.match((await ask(client, command)).at(-1) ?? '', /^t BAD /, command)
    })
    await set('imap.without=')
  })
}

test('what stands on an extension goes with it', async () => {
  await set('imap.without=ENABLE,SORT')
  await withSession(async (client) => {
    const names = await capabilitiesOf(client)
    const gone = ['ENABLE', 'QRESYNC', 'UTF8=ACCEPT', 'SORT', 'ESORT', 'SORT=DISPLAY']
    assert.deepEqual(
      gone.filter((name) => names.includes(name)),
      [],
    )
    assert.ok(names.includes('CONDSTORE'))
  })
  await set('imap.without=')
})

test('answers do not tell what nobody may ask', async () => {
  await set('imap.without=UIDPLUS,OBJECTID,CONDSTORE,SPECIAL-USE,CHILDREN')
  await withSession(async (client) => {
    const selected = (await ask(client, 'SELECT INBOX')).join('\n')
    assert.doesNotMatch(selected, /MAILBOXID|HIGHESTMODSEQ/)
    assert.match((await ask(client, 'APPEND INBOX {3+}\r\nabc')).at(-1) ?? '', /^t OK Kept/)
    assert.equal((await ask(client, 'COPY 1 Archive')).at(-1), 't OK Copied')
    const [first = ''] = await ask(client, 'UID REPLACE 1 Archive {3+}\r\nabc')
    assert.match(first, /EXPUNGE$/)
    assert.doesNotMatch((await ask(client, 'LIST "" *')).join(), /HasNo|\\(Sent|Drafts)/)
  })
  await set('imap.without=')
})

test('what the installation does without is missing from the greeting on', async () => {
  const client = await suite.connect('imap')
  const greeting = await client.readLine()
  assert.match(greeting, /CONDSTORE/)
  assert.doesNotMatch(greeting, /PREVIEW/)
  await logIn(client, 'imap', address)
  await ask(client, 'SELECT INBOX')
  assert.match((await ask(client, 'FETCH 1 PREVIEW')).at(-1) ?? '', /^t BAD/)
  client.close()
})

test('a client of a certain name is told at once what is off for it', async () => {
  await withSession(async (client) => {
    const told = (await ask(client, 'ID ("name" "odd mail" "version" "16.2")')).at(-1) ?? ''
    assert.match(told, /^t OK \[CAPABILITY IMAP4rev1 /)
    assert.doesNotMatch(told, /COMPRESS|CONDSTORE|QRESYNC|[ \]]ID[ \]]/)
    assert.match((await ask(client, 'COMPRESS DEFLATE')).at(-1) ?? '', /^t BAD/)
    assert.match((await ask(client, 'ID NIL')).at(-1) ?? '', /^t BAD/)
  })
  await withSession(async (client) => {
    const told = (await ask(client, 'ID ("name" "Odd Mail" "version" "160")')).at(-1) ?? ''
    assert.match(told, /^t OK \[CAPABILITY .*CONDSTORE/)
  })
  await withSession(async (client) => {
    const told = (await ask(client, 'ID ("name" "Even Mail")')).at(-1) ?? ''
    assert.equal(told, 't OK Pleased to meet you')
  })
})

test('before sign-in a name counts too, and the account is added to it', async () => {
  await set('imap.without=IDLE')
  const client = await suite.connect('imap')
  await client.readLine()
  const told = (await ask(client, 'ID ("name" "Odd Mail")')).at(-1) ?? ''
  assert.match(told, /IDLE/)
  await logIn(client, 'imap', address)
  const names = await capabilitiesOf(client)
  assert.ok(!names.includes('IDLE') && !names.includes('COMPRESS=DEFLATE'))
  assert.match((await ask(client, 'IDLE')).at(-1) ?? '', /^t BAD/)
  client.close()
  await set('imap.without=')
})

test('the name of another client takes back what was off for the first', () => {
  const off = new SwitchedOff({ without: ['ID'], clients: [{ name: 'a', without: ['IDLE'] }] })
  assert.equal(off.forClient(new Map([['name', 'A']])), true)
  assert.deepEqual([...off.names], ['ID', 'IDLE'])
  assert.equal(off.forClient(new Map([['name', null]])), true)
  assert.equal(off.forClient(new Map()), false)
  assert.deepEqual([...off.names], ['ID'])
})
