import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { uid, type OpenMailbox, type Uid } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { exportedMessageKind } from './mailbox-kinds.ts'
import { findMailbox } from './mailbox-of.ts'

/** `posthouse mailbox export-message ADDRESS UID`: the octets that IMAP gives as BODY[], to a file or standard output. */
export async function exportMessage(
  address: string,
  number: string,
  options: CommonOptions & { readonly mailbox: string; readonly to?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  const wanted = uidOf(number)
  const { to } = options
  if (to === undefined && !terminal.isTalking)
    throw new CliError(
      'usage',
      'mailbox.export',
      'Standard output can hold a message or a report, not both',
      'name a file: --to FILE',
    )
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const mailbox = await findMailbox(store.mailboxes(account.id), address, options.mailbox)
    const open = await store.open(account.id, mailbox.id, { readOnly: true })
    const row = open?.row(wanted)
    if (open === undefined || row === undefined) {
      open?.close()
      const message = `${mailbox.name} of ${address} has no message with UID ${number}`
      const hint = `posthouse mailbox search ${address} ALL --mailbox "${mailbox.name}"`
      throw new CliError('notFound', 'mailbox.no_message', message, hint)
    }
    try {
      // Who reads another's mail leaves a trace, before they have it.
      const details = { mailbox: mailbox.name, uid: row.uid }
      await store.audit.write(commandLineActor(), 'message.exported', account.address, details)
      if (to === undefined)
        return await pipeline(open.stream(wanted), process.stdout, { end: false })
      await writeMessage(open, wanted, to)
    } finally {
      open.close()
    }
    const fields = { mailbox: mailbox.name, uid: row.uid, file: to, bytes: row.size }
    terminal.object(exportedMessageKind, { id: to, fields })
    terminal.talk(`${to} holds the message, ${row.size} octets.`)
    terminal.next(`posthouse auth check "${to}"`)
  })
}

/** A new file that nobody else may read; nothing is left of one that could not be finished. */
async function writeMessage(open: OpenMailbox, wanted: Uid, to: string): Promise<void> {
  try {
    await pipeline(open.stream(wanted), createWriteStream(to, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (isThere) throw new CliError('conflict', 'mailbox.file_exists', `${to} is there already`)
    await rm(to, { force: true })
    throw error
  }
}

function uidOf(text: string): Uid {
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0
  if (number >= 1 && number < 2 ** 32) return uid(number)
  throw new CliError('usage', 'mailbox.uid', `"${text}" is no UID`)
}
