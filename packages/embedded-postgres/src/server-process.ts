import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Log } from '@posthouse/telemetry'

import { serverEnvironment } from './init-cluster.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { spawnAs, type ServerUser } from './server-user.ts'

/** How a server process ended. */
export interface ServerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A running server process. */
export interface ServerProcess {
  readonly pid: number
  readonly exited: Promise<ServerExit>
}

const pollMs = 15
const lastWordsMs = 50
const recoveryNoticeMs = 10_000

/**
 * Starts the server. A process group of its own keeps the terminal's Ctrl-C away from it: the apps need it until they have
 * drained. What it prints goes to the log.
 */
export function spawnServer(
  program: string,
  args: readonly string[],
  user: ServerUser,
  log: Log,
): Promise<ServerProcess> {
  const { promise, resolve, reject } = Promise.withResolvers<ServerProcess>()
  const child = spawn(program, args, {
    ...spawnAs(user),
    cwd: '/',
    env: serverEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const exited = new Promise<ServerExit>((done) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => done({ code, signal })
    // Its last words come with `close`; but a killed server's children may hold the pipe for a while.
    child.on('close', end)
    child.on('exit', (code, signal) => setTimeout(end, lastWordsMs, code, signal))
  })
  child.on('error', reject)
  child.on('spawn', () => {
    if (child.pid === undefined) reject(new Error('Postgres has no process id'))
    else resolve({ pid: child.pid, exited })
  })
  logOutput(child, log)
  return promise
}

/**
 * Waits until the server takes connections: through a recovery of any length, as long as the process lives. Returns its end if
 * it comes to that first.
 */
export async function waitUntilReady(
  server: ServerProcess,
  dataFolder: string,
  log: Log,
): Promise<ServerExit | undefined> {
  let ended: ServerExit | undefined
  void server.exited.then((exit) => {
    ended = exit
  })
  let notice = performance.now() + recoveryNoticeMs
  for (;;) {
    if (ended !== undefined) return ended
    const file = await readPostmasterFile(dataFolder)
    if (file?.pid === server.pid && file.status === 'ready') return undefined
    if (performance.now() > notice) {
      log.info('postgres.recovering', { pid: server.pid })
      notice = performance.now() + recoveryNoticeMs
    }
    await sleep(pollMs)
  }
}

/**
 * Severities that an operator should see: not what sessions are told while a server starts or stops. Before it has read its settings the server puts time and process in front.
 */
function levelOf(line: string): 'debug' | 'warn' | 'error' {
  if (/FATAL:  (the database system is|terminating (connection|background worker))/.test(line))
    return 'debug'
  const severity = /^(?:\S+ \S+ \S+ \[\d+\] )?([A-Z]+):/.exec(line)?.[1]
  if (severity === 'FATAL' || severity === 'PANIC') return 'error'
  return severity === 'WARNING' || severity === 'ERROR' ? 'warn' : 'debug'
}

function logOutput(child: ChildProcess, log: Log): void {
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(0, 2_000)
    for (const line of lines) log[levelOf(line)]('postgres.said', { text: line.slice(0, 2_000) })
  })
}
