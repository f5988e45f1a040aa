import { readFileSync } from 'node:fs'
import { ImapFlow } from 'imapflow'
import { password, type ProcessSuite } from './process-suite.ts'

/** An imapflow client of a suite, over TLS, connected. */
export async function connectImapFlow(suite: ProcessSuite, user: string): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: suite.ports.imaps,
    secure: true,
    servername: 'mail.example.test',
    tls: { ca: readFileSync(suite.caFile), servername: 'mail.example.test' },
    auth: { user, pass: password },
    logger: false,
  })
  await client.connect()
  return client
}

/**
 * What stands in a mailbox, as imapflow sees it: `SUBJECT` and its flags, sorted, \Recent left out. Such a list of two
 * clients that agree is the same.
 */
export async function stateOf(client: ImapFlow, mailbox: string): Promise<readonly string[]> {
  const lock = await client.getMailboxLock(mailbox, { readOnly: true })
  try {
    // FETCH may not tell what was expunged (RFC 3501 §7.4.1), and a mailbox that is open already is not opened again.
    await client.noop()
    const found: string[] = []
    const { mailbox: opened } = client
    if (opened === false || opened.exists === 0) return found
    for await (const { envelope, flags } of client.fetch('1:*', { envelope: true, flags: true }))
      found.push(described(envelope?.subject ?? '', flags ?? []))
    return found.toSorted()
  } finally {
    lock.release()
  }
}

/** One message as {@link stateOf} tells it. */
export function described(subject: string, flags: Iterable<string>): string {
  const told = [...flags].filter((flag) => flag !== '\\Recent').toSorted()
  return [subject, ...told].join(' ')
}
