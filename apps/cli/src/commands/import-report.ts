import { exitCodes } from '../exit-codes.ts'
import type { FolderResult } from '../import/import-mail.ts'
import { kind } from '../output/kind.ts'
import { boolean, integer, listOf, object, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'

/** What `import imap` brought over. */
const importKind = kind('Import', 'what came from another server, and what did not', {
  account: string,
  host: string,
  messages: integer,
  added: integer,
  here: integer,
  isComplete: boolean,
  isDryRun: boolean,
  isInterrupted: boolean,
  folders: listOf(
    object({
      folder: string,
      mailbox: string,
      messages: integer,
      added: integer,
      here: integer,
      left: integer,
    }),
  ),
  left: listOf(object({ folder: string, uid: integer, because: string })),
  skipped: listOf(object({ folder: string, because: string })),
})

/** What an import came to. */
export interface ImportOutcome {
  readonly address: string
  readonly host: string
  readonly results: readonly FolderResult[]
  /** Folders that nobody tried to bring over. */
  readonly skipped: readonly { readonly folder: string; readonly because: string }[]
  readonly isInterrupted: boolean
  readonly isDryRun: boolean
}

/** Says whether everything is here, and what is not. Exit code 9 where something was left, 130 where it was stopped. */
export function tellOfImport(terminal: Terminal, outcome: ImportOutcome): void {
  const { results, skipped, isInterrupted, isDryRun, address, host } = outcome
  const sum = (of: (result: FolderResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0)
  const messages = sum((result) => result.messages)
  const added = sum((result) => result.added)
  const here = sum((result) => result.here)
  const left = results.flatMap((result) => result.left.map((one) => ({ ...one })))
  const isComplete = !isInterrupted && !isDryRun && added + here === messages
  const folders = results.map(rowOf)
  if (terminal.isTalking) {
    terminal.table(folders, ['folder', 'mailbox', 'messages', 'added', 'here', 'left'])
  } else {
    const figures = { account: address, host, messages, added, here }
    const lists = { folders, left, skipped: skipped.map((one) => ({ ...one })) }
    const fields = { ...figures, isComplete, isDryRun, isInterrupted, ...lists }
    terminal.object(importKind, { id: address, fields })
  }
  for (const one of skipped)
    terminal.talk(`Not brought over: ${one.folder}, because ${one.because}.`)
  for (const one of left)
    terminal.talk(`Left: message ${one.uid} of ${one.folder}, because ${one.because}.`)
  const all = `${messages} messages of ${results.length} folders on ${host}`
  if (isDryRun) return terminal.talk(`${added} of ${all} would come to ${address}.`)
  const much = isComplete ? 'All' : `${added + here} of`
  terminal.talk(`${much} ${all} are in ${address} now; ${added} came in this run.`)
  if (isInterrupted) terminal.talk('Stopped; the same command goes on from here.')
  if (isInterrupted) process.exitCode = exitCodes.interrupted
  else if (!isComplete) process.exitCode = exitCodes.partial
}

function rowOf({ folder, target, messages, added, here, left }: FolderResult) {
  return { folder, mailbox: target, messages, added, here, left: left.length }
}
