import { appNames } from '@posthouse/app'
import { formatText, logLevels, type LogLevelName } from '@posthouse/telemetry'
import { followLog } from '../ask-suite.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { untilInterrupted } from '../interruption.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'

/** Processes that log: the apps, the one that runs them, and all of them in one. */
const roles: readonly string[] = [...appNames, 'up', 'together']

/** What `log tail` is asked for. */
export interface TailOptions extends CommonOptions {
  readonly role?: string | undefined
  readonly account?: string | undefined
  readonly level: string
  readonly id?: string | undefined
}

/** `posthouse log tail`: the structured log as it comes, from every process, until Ctrl-C or until nobody listens. */
export async function tailLog(options: TailOptions): Promise<void> {
  const terminal = terminalOf(options)
  const question = {
    level: levelNamed(options.level),
    apps: rolesOf(options.role),
    names: [...(await namesOf(options)), ...(options.id === undefined ? [] : [options.id])],
  }
  const over = untilInterrupted()
  let isListening = false
  for await (const line of followLog(options, question, over)) {
    // Each app that runs by itself says so for itself.
    if (!line.startsWith('{"following"')) tell(terminal, line)
    else if (!isListening) terminal.talk('Listening; Ctrl-C ends it.')
    isListening = true
  }
  if (over.aborted) return
  terminal.talk('The suite has stopped.')
  process.exitCode = exitCodes.unreachable
}

/** A level by its name. @throws CliError */
export function levelNamed(words: string): LogLevelName {
  const level = logLevels.find((name) => name === words.toLowerCase())
  if (level !== undefined) return level
  const hint = `levels: ${logLevels.join(', ')}`
  throw new CliError('usage', 'log.level', `There is no level "${words}"`, hint)
}

function rolesOf(words: string | undefined): readonly string[] {
  const wanted = words === undefined ? [] : words.split(',').map((word) => word.trim())
  const unknown = wanted.find((word) => !roles.includes(word))
  if (unknown === undefined) return wanted
  const hint = `roles: ${roles.join(', ')}`
  throw new CliError('usage', 'log.role', `There is no role "${unknown}"`, hint)
}

/** What an account is called in the log: lines about mailboxes have its id. */
async function namesOf({ account, ...options }: TailOptions): Promise<readonly string[]> {
  if (account === undefined) return []
  try {
    const found = await withStore(options, (store) => findAccount(store, account))
    return [account, found.address, found.id]
  } catch (error) {
    if (error instanceof Error && error.name === 'StoreUnavailable') return [account]
    throw error
  }
}

function tell(terminal: Terminal, line: string): void {
  if (line.startsWith('{"dropped"')) {
    // On stderr whatever the format: data stays whole.
    process.stderr.write(`${line}\n`)
    return
  }
  const { fields } = terminal.presentation
  if (fields.length > 0) return terminal.data(chosen(line, fields, terminal.isTalking))
  terminal.data(terminal.isTalking ? formatText(line).trimEnd() : line)
}

function chosen(line: string, fields: readonly string[], isForPeople: boolean): string {
  const record = JSON.parse(line) as Readonly<Record<string, unknown>>
  if (!isForPeople)
    return JSON.stringify(Object.fromEntries(fields.map((name) => [name, record[name] ?? null])))
  const shown = (name: string): string => JSON.stringify(record[name] ?? '-').replaceAll('"', '')
  return fields.map((name) => printable(shown(name))).join('\t')
}
