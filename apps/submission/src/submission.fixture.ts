import assert from 'node:assert/strict'
import { uid, type Account, type Store } from '@posthouse/store'
import { RawClient, type Suite } from '@posthouse/testkit'

/** The next reply, all its lines. */
export async function reply(client: RawClient): Promise<string> {
  const lines = await client.readLines((line) => !/^\d{3}-/.test(line))
  return lines.join('\n')
}

/** Sends a command and gives its reply. */
export async function ask(client: RawClient, line: string): Promise<string> {
  client.sendLine(line)
  return await reply(client)
}

/** `AUTH PLAIN` with its initial response. */
export const plain = (login: string, password: string): string =>
  `AUTH PLAIN ${Buffer.from(`\0${login}\0${password}`).toString('base64')}`

/** A session in which an account of the suite's has signed in. */
export async function signIn(
  suite: Suite,
  port: 'submission' | 'submissions' = 'submission',
  login = 'ada@example.test',
): Promise<RawClient> {
  return await signedIn(await suite.connect(port), login)
}

/** Signs in over a connection. */
export async function signedIn(client: RawClient, login: string): Promise<RawClient> {
  await reply(client)
  await ask(client, 'EHLO client.example.org')
  assert.match(await ask(client, plain(login, 'analytical')), /^235/)
  return client
}

/** Sends a message whose envelope is taken; the answer to its octets. */
export async function send(
  client: RawClient,
  commands: readonly string[],
  octets: string,
): Promise<string> {
  for (const command of [...commands, 'DATA']) {
    assert.match(await ask(client, command), /^[23]/, command)
  }
  client.send(`${octets}.\r\n`)
  return await reply(client)
}

const mostRead = 50

/** The messages in an account's INBOX, as they stand there. */
export async function inboxOf(store: Store, account: Account): Promise<readonly string[]> {
  const inbox = await store.mailboxes(account.id).find('INBOX')
  assert.ok(inbox !== undefined)
  const open = await store.open(account.id, inbox.id, { readOnly: true })
  assert.ok(open !== undefined)
  const found: string[] = []
  const uids = Array.from({ length: mostRead }, (_, i) => uid(i + 1))
  for await (const { octets } of open.bodies(uids)) found.push(octets.toString())
  open.close()
  return found
}
