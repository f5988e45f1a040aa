import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import type { Ask, Given, Part, RequestName } from '@posthouse/app'
import type { LogQuestion } from '@posthouse/telemetry'
import { CliError } from './cli-error.ts'
import type { CommonOptions } from './command-options.ts'
import { linesOf } from './lines-of.ts'
import { runningSuite } from './running-suite.ts'
import { controlName, isOwnSocket, reachable } from './up/control/control-place.ts'

/** Longer than any request takes: a suite that hangs must not keep the command. */
const patienceMs = 30_000

/**
 * Asks the running suite over its control socket, or, where its apps run by themselves, each of them over its own.
 * @returns each process's part: its answer, or why there is none
 * @throws CliError where nothing runs here, or this user may not ask it
 */
export async function askSuite<N extends RequestName>(
  options: CommonOptions,
  name: N,
  args: Ask<N>,
): Promise<readonly Part<Given<N>>[]> {
  return askFolder(await suiteFolder(options), name, args)
}

/** The same of what runs on a data folder. */
export async function askFolder<N extends RequestName>(
  dataDir: string,
  name: N,
  args: Ask<N>,
): Promise<readonly Part<Given<N>>[]> {
  const sockets = await connectToAll(dataDir)
  const replies = await Promise.all(
    sockets.map((socket) => converse(socket, dataDir, { ask: name, args })),
  )
  return replies.flatMap((answer) => {
    if (answer?.parts !== undefined) return answer.parts as readonly Part<Given<N>>[]
    const words = answer?.error ?? 'it said nothing'
    throw new CliError('unreachable', 'control.refused', `The suite does not answer: ${words}`)
  })
}

/** The data folder that these options name, or that of the suite that runs. */
export async function suiteFolder(options: CommonOptions): Promise<string> {
  const suite = await runningSuite(options)
  if (suite !== undefined) return suite.dataDir
  const { configOf } = await import('./config-of.ts')
  return configOf(options).dataDir
}

interface Reply {
  readonly parts?: readonly unknown[]
  readonly error?: string
}

async function converse(
  socket: net.Socket,
  dataDir: string,
  request: object,
): Promise<Reply | undefined> {
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
 * @throws CliError where nothing runs here, or this user may not ask it
 */
export async function* followLog(
  options: CommonOptions,
  question: LogQuestion,
  over: AbortSignal,
): AsyncGenerator<string, void> {
  const dataDir = await suiteFolder(options)
  const sockets = await connectToAll(dataDir)
  const leave = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  over.addEventListener('abort', leave)
  try {
    if (over.aborted) return
    for (const socket of sockets)
      socket.write(`${JSON.stringify({ ask: 'log-follow', args: question })}\n`)
    yield* merged(sockets.map((socket) => linesOf(socket)))
  } catch (error) {
    if (!over.aborted) throw explain(error, dataDir)
  } finally {
    leave()
    over.removeEventListener('abort', leave)
  }
}

async function next(one: AsyncGenerator<string, void>) {
  return { one, step: await one.next() }
}

/** What several say, as it comes, until all have ended. */
async function* merged(all: readonly AsyncGenerator<string, void>[]): AsyncGenerator<string, void> {
  const waiting = new Map(all.map((one) => [one, next(one)]))
  while (waiting.size > 0) {
    const { one, step } = await Promise.race(waiting.values())
    if (step.done === true) waiting.delete(one)
    else {
      waiting.set(one, next(one))
      yield step.value
    }
  }
}

/** Everybody who can be asked on a data folder. @throws CliError where there is nobody */
async function connectToAll(dataDir: string): Promise<readonly net.Socket[]> {
  const own = (await readdir(dataDir).catch(() => [])).filter((name) => isOwnSocket(name))
  const sockets = await Promise.all([controlName, ...own].map((name) => connectTo(dataDir, name)))
  const found = sockets.filter((socket) => socket !== undefined)
  if (found.length > 0) return found
  throw notRunning(dataDir)
}

/** Undefined where nobody listens: what a dead process has left behind. @throws CliError */
async function connectTo(dataDir: string, name: string): Promise<net.Socket | undefined> {
  const folder = reachable(dataDir)
  try {
    const socket = net.connect(path.join(folder.path, name))
    await once(socket, 'connect')
    return socket
  } catch (error) {
    if (isNobody(error)) return undefined
    throw explain(error, dataDir)
  } finally {
    folder.leave()
  }
}

function isNobody(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code === 'ENOENT' || code === 'ECONNREFUSED'
}

function explain(error: unknown, dataDir: string): CliError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
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
