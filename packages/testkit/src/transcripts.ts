import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { App, AppName } from '@posthouse/app'
import type { PortName } from '@posthouse/config'
import type { Resolver } from '@posthouse/dns'
import type { FreshDatabase } from './database.ts'
import { Givens, optionsOf, peersOf } from './given.ts'
import { ReusedDatabase } from './reused-database.ts'
import { startSuite, suiteHostname } from './suite.ts'
import { parseTranscript } from './transcript-line.ts'
import { TranscriptRun } from './transcript-run.ts'
import type { Variables } from './transcript-text.ts'

/** A folder of transcripts and what they play against. */
export interface TranscriptsOptions {
  /** Each `*.txt` in it is one test. */
  readonly folder: URL
  /** The listener of peers that are not given another. */
  readonly port: PortName
  /** Apps that transcripts may need; each starts those that its peers connect to. */
  readonly apps: readonly App[]
  readonly resolver?: Resolver
}

const appOf: Readonly<Partial<Record<PortName, AppName>>> = {
  mx: 'mx',
  submission: 'submission',
  submissions: 'submission',
  imap: 'imap',
  imaps: 'imap',
  pop3: 'pop3',
  pop3s: 'pop3',
}

/** Makes a `node:test` test of every transcript in the folder. */
export function transcripts(options: TranscriptsOptions): void {
  const folder = fileURLToPath(options.folder)
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))
  const databases = new ReusedDatabase()
  after(() => databases.end())
  for (const name of files.toSorted()) {
    const file = join(folder, name)
    test(titleOf(file), async () => playTranscript(file, options, await databases.take()))
  }
}

/** Plays one transcript on a suite of its own, on a database with nothing in it. Rejects with file:line when it goes otherwise. */
export async function playTranscript(
  file: string,
  options: Omit<TranscriptsOptions, 'folder'>,
  database?: FreshDatabase,
): Promise<void> {
  const shown = relative(process.cwd(), file)
  const steps = parseTranscript(shown, readFileSync(file, 'utf8'))
  const peers = peersOf(steps, options.port)
  const wanted = new Set([...peers.values()].map((port) => appOf[port]))
  const { resolver } = options
  const suite = await startSuite({
    ...optionsOf(steps),
    apps: options.apps.filter((app) => wanted.has(app.name)),
    ...(resolver === undefined ? {} : { resolver }),
    ...(database === undefined ? {} : { database }),
  })
  const givens = new Givens(suite)
  const variables: Variables = new Map([['hostname', suiteHostname]])
  const stage = {
    given: (words: string, block: readonly string[]) => givens.make(words, block, variables),
    portOf: (peer: string) => peers.get(peer) ?? options.port,
    connect: (port: PortName) => suite.connect(port),
    logTail: () => suite.logTail(),
  }
  const outcome = await settle(new TranscriptRun(shown, stage, variables).play(steps))
  const end = await settle(suite.stop())
  if (outcome !== undefined) throw outcome
  if (end !== undefined) throw end
}

/** `move: MOVE takes messages out of the source …` */
function titleOf(file: string): string {
  const first = readFileSync(file, 'utf8').split('\n', 1)[0] ?? ''
  const sentence = first.replace(/^# ?/, '').replace(/ {2,}.*$/, '')
  return `${basename(dirname(file))}/${basename(file)}: ${sentence}`
}

async function settle(work: Promise<void>): Promise<Error | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
