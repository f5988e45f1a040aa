import { once } from 'node:events'
import net from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import type { Ask, Given, Part, RequestName } from '@posthouse/app'
import type { LogQuestion } from '@posthouse/telemetry'
import { CliError } from './cli-error.ts'
import type { CommonOptions } from './command-options.ts'
import { linesOf } from './lines-of.ts'
import { runningSuite } from './running-suite.ts'
import { controlName, reachable } from './up/control/control-socket.ts'
import { readStatus } from './up/state-file.ts'

/** Longer than any request takes: a suite that hangs must not keep the command. */
const patienceMs = 30_000

/**
 * Asks the running suite over its control socket.
 * @returns each process's part: its answer, or why there is none
 * @throws CliError where no suite runs here, or this user may not ask it
 */
export async function askSuite<N extends RequestName>(
  options: CommonOptions,
  name: N,
  args: Ask<N>,
): Promise<readonly Part<Given<N>>[]> {
  const dataDir = await suiteFolder(options)
  const answer = await converse(dataDir, { ask: name, args })
  if (answer?.parts !== undefined) return answer.parts as readonly Part<Given<N>>[]
  const words = answer?.error ?? 'it said nothing'
  throw new CliError('unreachable', 'control.refused', `The suite does not answer: ${words}`)
}

/** The data folder of the suite that runs. @throws CliError */
export async function suiteFolder(options: CommonOptions): Promise<string> {
  const suite = await runningSuite(options)
  if (suite !== undefined) return suite.dataDir
  const { configOf } = await import('./config-of.ts')
  const { dataDir } = configOf(options)
  if ((await readStatus(dataDir)) !== undefined) return dataDir
  throw notRunning(dataDir)
}

interface Reply {
  readonly parts?: readonly unknown[]
  readonly error?: string
}

async function converse(dataDir: string, request: object): Promise<Reply | undefined> {
  const socket = await connectTo(dataDir)
  try {
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('it takes too long')))
    socket.write(`${JSON.stringify(request)}\n`)
    const answer = await text(socket)
    return answer === '' ? undefined : (JSON.parse(answer) as Reply)
  } catch (error) {
    throw explain(error, dataDir)
  }
}

/**
 * Listens to the log of the running suite: a line of JSON each, `{"dropped":N}` where lines were left out. Ends when the suite
 * does.
 * @param over aborted when nobody wants to hear any more
 * @throws CliError where no suite runs here, or this user may not ask it
 */
export async function* followLog(
  options: CommonOptions,
  question: LogQuestion,
  over: AbortSignal,
): AsyncGenerator<string, void> {
  const dataDir = await suiteFolder(options)
  const socket = await connectTo(dataDir)
  const leave = (): void => void socket.destroy()
  over.addEventListener('abort', leave)
  try {
    if (over.aborted) return
    socket.write(`${JSON.stringify({ ask: 'log-follow', args: question })}\n`)
    yield* linesOf(socket)
  } catch (error) {
    if (!over.aborted) throw explain(error, dataDir)
  } finally {
    leave()
    over.removeEventListener('abort', leave)
  }
}

/** @throws CliError */
async function connectTo(dataDir: string): Promise<net.Socket> {
  const folder = reachable(dataDir)
  try {
    const socket = net.connect(path.join(folder.path, controlName))
    await once(socket, 'connect')
    return socket
  } catch (error) {
    throw explain(error, dataDir)
  } finally {
    folder.leave()
  }
}

function explain(error: unknown, dataDir: string): CliError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return notRunning(dataDir)
  if (code === 'EACCES' || code === 'EPERM') {
    const words = `This user may not ask the suite on ${dataDir}`
    return new CliError('notPermitted', 'control.denied', words, "as the suite's own user, or root")
  }
  const because = error instanceof Error ? error.message : String(error)
  return new CliError('unreachable', 'control.silent', `The suite does not answer: ${because}`)
}

function notRunning(dataDir: string): CliError {
  return new CliError(
    'unreachable',
    'control.not_running',
    `Posthouse is not running on ${dataDir}`,
    'start it with: posthouse up   (or: npm start)',
  )
}
