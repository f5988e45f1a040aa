import cluster from 'node:cluster'
import { EventEmitter } from 'node:events'
import { runUntilStopped, type AppName } from '@posthouse/app'
import type { Config } from '@posthouse/config'
import { migrate } from '@posthouse/store'
import { loadApp } from './app-list.ts'
import { StartFailed, type AppProcess } from './app-process.ts'
import { readToChild } from './channel.ts'
import { controlOf } from './control/control-tree.ts'
import { answerMs } from './control/deadlines.ts'
import type { ControlSocket } from './control/control-socket.ts'
import { openOwnSocket } from './control/own-socket.ts'
import { Parent } from './control/parent.ts'
import { answerAsProcess, answerCounts, answerLevels } from './control/process-desk.ts'
import { Crew, crewSize } from './crew.ts'
import { databaseUrl, logOf, openServices, refreshTls } from './services.ts'

/** Failures that come again however often the app is started: the operator must act first. */
const finalCodes = new Set(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'])

/**
 * The process of one app (or of all its processes: `Crew`): starts it, tells its parent where it listens, serves until it is told to stop or the
 * channel to its parent closes. Started by hand it has no parent and stops on a signal. SIGHUP makes it look for a
 * renewed certificate, and ends nothing: not even when a terminal that hangs up sends it to the whole suite.
 * @returns the exit code
 */
export async function runApp(name: AppName, config: Config): Promise<number> {
  const stops = stopEvents()
  answerLevels(stops.parent.desk, name)
  try {
    // Alone (under systemd, say) nobody else has migrated; those that come at once wait for the first.
    if (process.send === undefined) await migrate(databaseUrl(config), logOf(config, name))
    const socket = await ownSocket(name, config, stops)
    try {
      await serve(name, config, stops)
    } finally {
      await socket?.close()
    }
    return 0
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const isFinal = error instanceof StartFailed || finalCodes.has(codeOf(error))
    // What is final the parent says, or the command line itself.
    if (isFinal && process.send === undefined) throw error
    if (!isFinal) logOf(config, name).error('app.failed', { error })
    stops.parent.tell({ kind: 'failed', message, isFinal })
    return 1
  }
}

/** Under a parent it is the parent who is asked. */
async function ownSocket(
  name: AppName,
  config: Config,
  { parent }: StopEvents,
): Promise<ControlSocket | undefined> {
  if (process.send !== undefined) return undefined
  return openOwnSocket(name, config.dataDir, parent.tree, logOf(config, name))
}

async function serve(name: AppName, config: Config, stops: StopEvents): Promise<void> {
  const size = cluster.isPrimary ? crewSize(name, config) : 1
  if (size > 1) return serveWithCrew(name, size, config, stops)
  const services = await openServices(config, name)
  stops.on('SIGHUP', () => void refreshTls(services))
  const { parent } = stops
  answerAsProcess(parent.desk, name, services)
  try {
    const app = await loadApp(name)
    const running = await app.start({
      ...services,
      ...(cluster.isWorker ? { places: parent.places } : {}),
      control: controlOf(name, parent.desk, parent.everybodyOn(config.dataDir)),
    })
    parent.tell({ kind: 'ready', listeners: running.listeners })
    await runUntilStopped([running], services.log, stops)
  } finally {
    await services.store.close()
  }
}

/** Several processes serve; this one opens no database. */
async function serveWithCrew(
  name: AppName,
  size: number,
  config: Config,
  stops: StopEvents,
): Promise<void> {
  const log = logOf(config, name)
  const crew = new Crew(name, size, log)
  stops.on('SIGHUP', () => void refreshAll(crew.workers))
  stops.parent.workedBy(crew.workers)
  answerCounts(stops.parent.desk, name)
  stops.parent.tell({ kind: 'ready', listeners: await crew.start() })
  await runUntilStopped([crew], log, stops)
}

/** Makes the workers look for a renewed certificate. */
async function refreshAll(workers: readonly AppProcess[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.ask('reload', null, answerMs.reload)))
}

type StopEvents = EventEmitter & { connected: boolean; readonly parent: Parent }

/** Ctrl-C in a terminal reaches every process of its group; under a parent only the parent's word counts. */
function stopEvents(): StopEvents {
  const hasParent = process.send !== undefined
  const events = Object.assign(new EventEmitter(), {
    connected: !hasParent || process.connected,
    parent: new Parent(),
  })
  // Said while the app still starts, it is remembered as a channel that is gone: the app then stops as soon as it runs.
  const stop = (event: string): void => {
    events.connected = false
    events.emit(event)
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGHUP', () => events.emit('SIGHUP'))
  process.on('SIGINT', () => {
    if (!hasParent) stop('SIGINT')
  })
  process.on('message', (raw) => {
    const message = readToChild(raw)
    if (message?.kind === 'drain') stop('SIGTERM')
    else if (message !== undefined) events.parent.hear(message)
  })
  process.on('disconnect', () => stop('disconnect'))
  return events
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
