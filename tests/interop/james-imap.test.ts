import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { app as imap } from '@posthouse/imap'
import { logIn, type RawClient, startSuite, type Suite } from '@posthouse/testkit'
import { imapExceptions, leftOutScripts } from './james-imap-exceptions.ts'
import { parseJamesScript, type Exchange } from './james-script.ts'
import { playExchanges } from './james-session.ts'

const folder = path.join(
  process.env['POSTHOUSE_CORPORA'] ?? '',
  'imap/james-mpt/mpt/impl/imap-mailbox/core/src/main/resources/org/apache/james/imap/scripts',
)
const hasCorpora = (process.env['POSTHOUSE_CORPORA'] ?? '') !== '' && existsSync(folder)

/** Scripts that begin without a login. */
const unauthenticated = new Set(['Authenticate', 'BadTag', 'BogusCommand', 'JustTag'])
/** Scripts that begin with the mailbox of SelectedStateSetup. */
const selected = new Set([
  'Check',
  'Copy',
  'Expunge',
  'FetchBodyNoSection',
  'FetchMultipleMessages',
  'FetchPartial',
  'FetchRFC822Header',
  'FetchText',
  'Move',
  'MoveNoMSG',
  'RenameHierarchy',
  'RenameInbox',
  'RenameSelected',
  'Search',
])

function script(name: string): Exchange[] {
  return parseJamesScript(readFileSync(path.join(folder, `${name}.test`), 'utf8'))
}

/** James's hierarchy delimiter is "."; ours is "/". */
function translate(line: string): string {
  const [, head = '', rest = ''] =
    /^(\S+ (?:CREATE|DELETE|RENAME|LIST|LSUB|SELECT|STATUS|SUBSCRIBE|UNSUBSCRIBE) )(.*)$/i.exec(
      line,
    ) ?? []
  return head === '' ? line : head + rest.replaceAll('.', '/')
}

let suite: Suite

async function open(name: string): Promise<RawClient> {
  const client = await suite.connect('imap')
  await client.readLine()
  if (!unauthenticated.has(name)) await logIn(client, 'imap', addressFor(name))
  return client
}

/** Each script has an account of its own. */
function addressFor(name: string): string {
  return `${name.toLowerCase()}@example.test`
}

async function play(name: string): Promise<void> {
  await suite.account(addressFor(name))
  const setup = selected.has(name) ? script('SelectedStateSetup') : []
  const stage = { open: () => open(name), translate }
  const differences = await playExchanges([...setup, ...script(name)], stage)
  const known = imapExceptions[name] ?? {}
  const unknown = differences.filter(({ line }) => known[line] === undefined)
  assert.deepEqual(unknown, [], `${name} differs where no exception is stated`)
  const gone = Object.keys(known).filter(
    (line) => !differences.some((one) => `${one.line}` === line),
  )
  assert.deepEqual(gone, [], `${name} has exceptions that are none any more`)
}

if (hasCorpora) {
  before(async () => {
    suite = await startSuite({ apps: [imap] })
  })
  after(() => suite.stop())
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.test') && !file.startsWith('SelectedState'))
    .map((file) => file.slice(0, -'.test'.length))
  for (const name of names.toSorted()) {
    if (leftOutScripts.has(name)) continue
    test(`${name} of James’s IMAP scripts goes as the exceptions say`, () => play(name))
  }
  test('every script that is left out exists, so that the list stays true', () => {
    for (const name of leftOutScripts.keys()) assert.ok(names.includes(name), name)
  })
} else {
  test('James’s IMAP scripts are not here: none was played', (context) => {
    context.diagnostic('the corpora are absent; set POSTHOUSE_CORPORA to play them')
  })
}
