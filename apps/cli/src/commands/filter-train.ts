import { opendir, stat } from 'node:fs/promises'
import path from 'node:path'
import { Classifier, filterMessage, type FilterMessage } from '@posthouse/filter'
import type { Store } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind } from '../output/kind.ts'
import { integer, oneOf, string } from '../output/shape.ts'
import { stopOnInterrupt } from '../interruption.ts'
import { Progress } from '../output/progress.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { countText } from './queue-item.ts'
import { readMessage } from './read-message.ts'

/** What `filter train` learnt. */
const trainingKind = kind('Training', 'messages that the filter has learnt from', {
  as: oneOf('spam', 'ham'),
  for: string,
  learnt: integer,
  known: integer,
  failed: integer,
})

interface Tally {
  learnt: number
  known: number
  failed: number
}

/** `posthouse filter train spam|ham FILE|FOLDER…`. What was learnt stays learnt, so a run that was cut off is run again. */
export async function trainFilter(
  verdict: 'spam' | 'ham',
  paths: readonly string[],
  options: ChangeOptions & { readonly for?: string | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  for (const each of paths) await demand(each)
  const signal = stopOnInterrupt(terminal)
  await withStore(options, async (store) => {
    const account = options.for === undefined ? undefined : await findAccount(store, options.for)
    const tally = { learnt: 0, known: 0, failed: 0 }
    if (options.dryRun === true) {
      let count = 0
      for await (const _ of filesIn(paths)) count += 1
      return terminal.talk(`Would learn ${verdict} from ${countText(count, 'message')}`)
    }
    await learnAll(store, verdict === 'spam', filesIn(paths), {
      terminal,
      tally,
      account: account?.id,
      signal,
    })
    const whose = account?.address ?? 'everybody'
    await store.audit.write(commandLineActor(), `filter.trained-${verdict}`, whose, { ...tally })
    const fields = { as: verdict, for: whose, ...tally }
    terminal.object(trainingKind, { id: verdict, fields })
    terminal.talk(`${tally.learnt} learnt as ${verdict} for ${whose}, ${tally.known} known before.`)
    if (tally.failed > 0) {
      terminal.talk(`${tally.failed} could not be read.`)
      process.exitCode = tally.learnt + tally.known > 0 ? exitCodes.partial : exitCodes.failed
    }
    if (signal.aborted) {
      process.exitCode = exitCodes.interrupted
      return terminal.talk('Stopped; the same command goes on: what was learnt is known.')
    }
    terminal.next('posthouse filter test FILE --explain')
  })
}

interface Lesson {
  readonly terminal: Terminal
  readonly tally: Tally
  readonly account: string | undefined
  readonly signal: AbortSignal
}

async function learnAll(
  store: Store,
  isSpam: boolean,
  files: AsyncIterable<string>,
  { terminal, tally, account, signal }: Lesson,
): Promise<void> {
  const classifier = new Classifier(store.learning.tokens)
  const progress = new Progress(terminal)
  for await (const file of files) {
    if (signal.aborted) break
    try {
      const { octets } = await readMessage(file)
      if (isMbox(octets)) throw new CliError('usage', 'filter.mbox', 'it is an mbox of several')
      tally[await classifier.learn(viewOf(octets), isSpam, account)] += 1
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      tally.failed += 1
      terminal.talk(printable(`${file}: ${error.message}`))
    }
    const { learnt, known, failed } = tally
    progress.tell(`${learnt + known} messages`, { learnt, known, failed })
  }
  progress.end()
}

async function demand(file: string): Promise<void> {
  if (file === '-') return
  const found = await stat(file).catch(() => undefined)
  if (found !== undefined) return
  throw new CliError('notFound', 'filter.no_file', `There is no file ${file}`)
}

/** Files, and those in folders, at any depth, in the order of their names; hidden ones are not messages. */
async function* filesIn(paths: readonly string[]): AsyncGenerator<string> {
  for (const one of paths) {
    const isFolder = one !== '-' && (await stat(one)).isDirectory()
    if (!isFolder) {
      yield one
      continue
    }
    const names: string[] = []
    for await (const { name } of await opendir(one)) if (!name.startsWith('.')) names.push(name)
    yield* filesIn(names.toSorted().map((name) => path.join(one, name)))
  }
}

/** Messages in a row, each behind a line of `From `: which of them is meant is not said. */
function isMbox(octets: Buffer): boolean {
  return octets.subarray(0, 5).equals(Buffer.from('From '))
}

/** The message as the classifier reads it: without a client, and nothing is proven. */
function viewOf(octets: Buffer): FilterMessage {
  return filterMessage({
    queueId: '',
    direction: 'inbound',
    octets,
    sender: '',
    recipients: [],
    client: { address: '', helo: '', isTls: false },
    ourDomains: [],
    authentication: Promise.race([]),
    receivedAt: new Date(),
  })
}
