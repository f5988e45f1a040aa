import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import type { ImapFlow } from 'imapflow'
import { described, stateOf } from './mailbox-state.ts'
import { password } from './process-suite.ts'
import { absent, runProgram, type Ended } from './run-program.ts'
import type { Scratch } from './scratch.ts'

/** Where a client works. */
export interface Ground {
  /** IMAP without TLS, on 127.0.0.1. */
  readonly port: number
  readonly user: string
  readonly scratch: Scratch
}

/** The messages that are this client's to work on. */
export interface Task {
  readonly flag: string
  readonly move: string
  readonly remove: string
}

/** Subjects with their flags, by mailbox, as `stateOf` tells them. */
export type Seen = Readonly<Record<'INBOX' | 'Archive', readonly string[]>>

/** A client that changes a mailbox while others do, and can tell what it holds. */
export interface AgreeingClient {
  readonly name: string
  /** False if it is there, else why not. */
  readonly skip: string | false
  /** Gets to know the mailbox as it is. */
  begin(): Promise<void>
  /** Flags one message, moves one to Archive, deletes one; others stay as they are. */
  work(task: Task): Promise<void>
  /** What it holds now, having asked the server once more. */
  see(): Promise<Seen>
}

/** Where the clients work. */
export const mailboxes = ['INBOX', 'Archive'] as const

/** imapflow, in this process. */
export function imapflowClient(client: ImapFlow): AgreeingClient {
  return {
    name: 'imapflow',
    skip: false,
    begin: () => client.noop(),
    async work({ flag, move, remove }) {
      const lock = await client.getMailboxLock('INBOX')
      await client.messageFlagsAdd({ header: { subject: `${flag} ` } }, ['\\Flagged'])
      await client.messageMove({ header: { subject: `${move} ` } }, 'Archive')
      await client.messageDelete({ header: { subject: `${remove} ` } })
      lock.release()
    },
    see: async () => ({
      INBOX: await stateOf(client, 'INBOX'),
      Archive: await stateOf(client, 'Archive'),
    }),
  }
}

/** Python's imaplib. */
export function imaplibClient({ port, user }: Ground): AgreeingClient {
  const script = fileURLToPath(new URL('imaplib-client.py', import.meta.url))
  const run = async (facts: object): Promise<string> => {
    const input = JSON.stringify({ port, user, password, ...facts })
    return done('imaplib', await runProgram('python3', [script], { input }))
  }
  return {
    name: 'imaplib',
    skip: absent('python3'),
    begin: async () => void (await run({ task: 'see' })),
    work: async ({ flag, move, remove }) =>
      void (await run({ task: 'work', subjects: [flag, move, remove] })),
    see: async () => JSON.parse(await run({ task: 'see' })) as Seen,
  }
}

/** curl, a request at a time. */
export function curlClient({ port, user }: Ground): AgreeingClient {
  const ask = async (mailbox: string, command: string): Promise<string> => {
    const args = ['-sS', '-u', `${user}:${password}`, `imap://127.0.0.1:${port}/${mailbox}`]
    return done('curl', await runProgram('curl', [...args, '-X', command]))
  }
  const uidOf = async (subject: string): Promise<string> => {
    const found = await ask('INBOX', `UID SEARCH HEADER Subject "${subject} "`)
    return /^\* SEARCH (\d+)\r?$/m.exec(found)?.[1] ?? ''
  }
  return {
    name: 'curl',
    skip: absent('curl'),
    begin: async () => void (await ask('INBOX', 'NOOP')),
    async work({ flag, move, remove }) {
      await ask('INBOX', `UID STORE ${await uidOf(flag)} +FLAGS (\\Flagged)`)
      await ask('INBOX', `UID MOVE ${await uidOf(move)} Archive`)
      const uid = await uidOf(remove)
      await ask('INBOX', `UID STORE ${uid} +FLAGS (\\Deleted)`)
      await ask('INBOX', `UID EXPUNGE ${uid}`)
    },
    async see() {
      const seen = { INBOX: [] as readonly string[], Archive: [] as readonly string[] }
      for (const mailbox of mailboxes)
        seen[mailbox] = envelopesIn(await ask(mailbox, 'UID FETCH 1:* (FLAGS ENVELOPE)'))
      return seen
    },
  }
}

function envelopesIn(text: string): readonly string[] {
  const pattern = /^\* \d+ FETCH \((?:UID \d+ )?FLAGS \(([^)]*)\) ENVELOPE \("[^"]*" "([^"]*)"/gm
  const found = [...text.matchAll(pattern)]
  return found.map(([, flags = '', subject = '']) => described(subject, words(flags))).toSorted()
}

function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '')
}

/** What a program printed; throws where it failed. */
export function done(name: string, { code, stdout, stderr }: Ended): string {
  assert.equal(code, 0, `${name}: ${stdout}${stderr}`)
  return stdout
}
