import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@posthouse/store'
import { lineTerminal, type CommonOptions } from '../command-options.ts'
import { untilInterrupted } from '../interruption.ts'
import { Screen } from '../output/screen.ts'
import type { Field, Terminal } from '../output/terminal.ts'
import { factsOf, type Facts } from '../status/facts.ts'
import { fieldsOf, isHealthy, statusKind, type StatusFields } from '../status/fields.ts'
import { wordsOf } from '../status/words.ts'
import type { SuiteStatus } from '../up/state-file.ts'
import { daneState } from './dane-state.ts'
import { findSuite, withStoreOf } from './status.ts'

const everyMs = 2_000

/** What changes with every look says nothing. */
const restless: ReadonlySet<string> = new Set(['queueOldestSeconds', 'diskFreeBytes', 'databaseMs'])

/**
 * `posthouse status --watch`: drawn again on a terminal, else a line for each change, with --json the whole as one object a
 * line, whenever something has changed. A suite that does not run is waited for. Ctrl-C ends it, and that is no failure.
 */
export async function watchStatus(options: CommonOptions): Promise<void> {
  const terminal = lineTerminal(options)
  const over = untilInterrupted()
  const view = viewOn(terminal)
  const dane = await daneState(options)
  while (!over.aborted) {
    const { suite, dataDir } = await findSuite(options)
    if (suite === undefined) {
      view.absent(`Posthouse is not running on ${dataDir}`)
      await rest(over)
    } else
      await withStoreOf(suite, options, (store) =>
        watchSuite({ suite, store, dane, over }, view, options),
      )
  }
}

interface Watched {
  readonly suite: SuiteStatus
  readonly store: Store | undefined
  readonly dane: Facts['dane']
  readonly over: AbortSignal
}

/** As long as it is the same suite; with a database that was away, one look. */
async function watchSuite(
  { suite, store, dane, over }: Watched,
  view: View,
  options: CommonOptions,
): Promise<void> {
  let now: SuiteStatus | undefined = suite
  while (now !== undefined && now.pid === suite.pid && !over.aborted) {
    view.show(await factsOf(now, store, dane, options))
    await rest(over)
    if (store === undefined) return
    now = (await findSuite(options)).suite
  }
}

async function rest(over: AbortSignal): Promise<void> {
  await sleep(everyMs, undefined, { signal: over }).catch(() => undefined)
}

interface View {
  show(facts: Facts): void
  absent(words: string): void
}

function viewOn(terminal: Terminal): View {
  if (!terminal.isTalking) return objects(terminal)
  return process.stdout.isTTY === true ? drawn() : changes(terminal)
}

function clock(): string {
  return new Date().toISOString().slice(0, 19).replace('T', ' ')
}

function drawn(): View {
  const screen = new Screen()
  return {
    show(facts) {
      const { lines, next } = wordsOf(facts)
      const hints = next.map((command) => `Next: ${command}`)
      const verdict = isHealthy(facts) ? 'everything runs' : 'NOT WELL'
      screen.draw(
        [`${clock()} UTC   ${verdict}   (Ctrl-C ends)`, '', ...lines, ...hints].join('\n'),
      )
    },
    absent: (words) => screen.draw(`${clock()} UTC   ${words}; waiting for it   (Ctrl-C ends)`),
  }
}

/** The first time in one line, then what is another than before. */
function changes(terminal: Terminal): View {
  let before: StatusFields | undefined
  let isAbsent = false
  const line = (words: string): void => terminal.data(`${new Date().toISOString()} ${words}`)
  return {
    show(facts) {
      const fields = fieldsOf(facts)
      if (before === undefined || isAbsent)
        line(`${isHealthy(facts) ? 'everything runs' : 'not well'}, pid ${facts.suite.pid}`)
      else for (const [name, was, is] of changesOf(before, fields)) line(`${name}: ${was} → ${is}`)
      before = fields
      isAbsent = false
    },
    absent(words) {
      if (!isAbsent) line(words)
      isAbsent = true
    },
  }
}

/** The whole as one object a line, whatever the format: a list that never ends has no end to print. */
function objects(terminal: Terminal): View {
  let before: StatusFields | undefined
  let isAbsent = false
  return {
    show(facts) {
      const fields = fieldsOf(facts)
      const isNews = before === undefined || isAbsent || changesOf(before, fields).length > 0
      if (isNews) terminal.object(statusKind, { id: String(facts.suite.pid), fields })
      before = fields
      isAbsent = false
    },
    absent(words) {
      if (!isAbsent) process.stderr.write(`${words}\n`)
      isAbsent = true
    },
  }
}

function changesOf(
  before: StatusFields,
  now: StatusFields,
): readonly (readonly [name: string, was: string, is: string])[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)])
  return [...names].flatMap((name) => {
    const [was, is] = [
      textOf(before[name as keyof StatusFields]),
      textOf(now[name as keyof StatusFields]),
    ]
    return was === is || restless.has(name) ? [] : [[name, was, is] as const]
  })
}

function textOf(value: Field | undefined): string {
  return JSON.stringify(value ?? null)
}
