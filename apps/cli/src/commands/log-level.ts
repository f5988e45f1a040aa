import { logLevels, type LevelChange, type LogLevelName } from '@posthouse/telemetry'
import type { LevelWanted, Part } from '@posthouse/app'
import { askSuite } from '../ask-suite.ts'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind, type FieldsOfKind } from '../output/kind.ts'
import { dateTime, integer, oneOf, string } from '../output/shape.ts'
import type { Item, Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { levelNamed } from './log-tail.ts'
import { parseDuration } from './parse-quantity.ts'

const levelKind = kind('LogLevel', 'What is logged otherwise than configured, and until when.', {
  module: string,
  level: oneOf(...logLevels),
  until: dateTime,
  processes: integer,
})

const longestSeconds = 86_400

/** `posthouse log level MODULE=LEVEL [--for T]`; MODULE= ends it at once; without a change: those that hold. */
export async function changeLevel(
  words: string | undefined,
  options: ChangeOptions & { readonly for: string },
): Promise<void> {
  const terminal = terminalOf(options)
  const change = words === undefined ? null : changeOf(words, options.for)
  if (change !== null && options.dryRun === true)
    return terminal.talk(
      `Would log ${change.level ?? 'as configured'} of ${change.module} for ${options.for}`,
    )
  if (change !== null) await note(change, terminal, options)
  const parts = await askSuite(options, 'log-level', change)
  terminal.list(levelKind, itemsOf(parts), ['module', 'level', 'until', 'processes'])
  for (const part of parts) {
    if (!('silent' in part)) continue
    terminal.talk(`${part.app} (pid ${part.pid}) does not answer: ${part.silent}`)
    process.exitCode = exitCodes.partial
  }
  if (change === null && itemsOf(parts).length === 0)
    terminal.talk('Everything is logged as configured.')
  if (change?.level !== undefined) terminal.next(`posthouse log tail --level ${change.level}`)
  else if (change !== null) terminal.next('posthouse log level')
}

function changeOf(words: string, span: string): LevelWanted {
  const [module = '', level = ''] = words.split('=')
  if (!/^[a-z][a-z0-9.-]{0,63}=[a-z]*$/i.test(words))
    throw new CliError(
      'usage',
      'log.change',
      `"${words}" is no change`,
      'write MODULE=LEVEL: an app (imap=debug), events (smtp.rcpt=debug) or all=debug; MODULE= ends it',
    )
  const wanted: LogLevelName | undefined = level === '' ? undefined : levelNamed(level)
  const seconds = parseDuration(span)
  if (seconds !== undefined && seconds > 0 && seconds <= longestSeconds)
    return { module: module.toLowerCase(), level: wanted, seconds }
  throw new CliError(
    'usage',
    'log.time',
    `"${span}" is no time for this`,
    'write 10m or 1h; a day at most',
  )
}

/** More is logged when something is wrong: perhaps the database, which then cannot keep the line. */
async function note(
  { module, level, seconds }: LevelWanted,
  terminal: Terminal,
  options: ChangeOptions,
): Promise<void> {
  try {
    await withStore(options, (store) =>
      store.audit.write(commandLineActor(), 'log.level-changed', module, {
        level: level ?? 'configured',
        seconds,
      }),
    )
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StoreUnavailable') throw error
    terminal.talk('The database is away: no line in the audit trail tells of this.')
  }
}

/** Processes that have the same change are one line. */
function itemsOf(
  parts: readonly Part<readonly LevelChange[]>[],
): readonly Item<FieldsOfKind<typeof levelKind>>[] {
  const byModule = new Map<string, FieldsOfKind<typeof levelKind>>()
  for (const { module, level, until } of parts.flatMap((part) =>
    'answer' in part ? part.answer : [],
  )) {
    const processes = (byModule.get(module)?.processes ?? 0) + 1
    byModule.set(module, { module, level, until, processes })
  }
  return [...byModule.values()].map((fields) => ({ id: fields.module, fields }))
}
