import { spawn, type ChildProcess } from 'node:child_process'
import type { AppName, Ask, Given, Part, RequestName } from '@posthouse/app'
import type { Environment } from '@posthouse/config'
import type { Log, LogQuestion } from '@posthouse/telemetry'
import { BackOff } from './back-off.ts'
import {
  readToParent,
  type AskForPlaces,
  type Gathered,
  type GivePlaces,
  type Inquiry,
  type ToChild,
} from './channel.ts'
import { ChildLine } from './control/child-line.ts'
import type { Asked, HearLines } from './control/control-tree.ts'
import type { AppStatus } from './state-file.ts'

/** What every app's process is started with. */
export interface AppProcessOptions {
  readonly name: AppName
  /** Arguments of Node: options, script, `run-app NAME …`. */
  readonly args: readonly string[]
  readonly env: Environment
  readonly log: Log
  /** Called whenever {@link AppProcess.status} changed. */
  readonly onChange: () => void
  /** Answers what the app wants to know of the whole suite. */
  readonly onInquiry?: (inquiry: Inquiry) => Promise<Gathered['parts']>
  /** One of several processes of the app, started by `fork` instead of by `args`. */
  readonly worker?: {
    fork(): ChildProcess
    /** What it says beyond being ready or failing; an answer, where it waits for one. */
    hear(message: AskForPlaces | GivePlaces): ToChild | undefined
    /** It is gone. */
    ended(): void
  }
}

/** An app could not start, and trying again would not help (a taken port, say). */
export class StartFailed extends Error {}

/** An app that dies so often before it ever listened is not going to. */
const startAttempts = 3

/** Runs an app as a process of its own and starts it again, with back-off, whenever it dies. */
export class AppProcess implements Asked {
  readonly #options: AppProcessOptions
  readonly #backOff = new BackOff()
  readonly #first = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  readonly #line = new ChildLine(
    () => ({ name: this.#status.name, pid: this.#status.pid ?? undefined }),
    (message) => this.#tell(message),
  )
  #child: ChildProcess | undefined
  #startedMs = 0
  #retry: NodeJS.Timeout | undefined
  /** Stays, whatever a child that was just starting still says: it is not to be started again. */
  #isStopping = false
  #status: AppStatus
  #words: string | undefined

  constructor(options: AppProcessOptions) {
    this.#options = options
    this.#status = {
      name: options.name,
      state: 'starting',
      pid: null,
      since: new Date().toISOString(),
      restarts: 0,
      lastEnd: null,
      retryAt: null,
      listeners: [],
    }
    // The first start may fail before anybody waits for it.
    this.#first.promise.catch(() => undefined)
  }

  /** The app as `status` shows it. */
  get status(): AppStatus {
    return this.#status
  }

  /**
   * Starts the process.
   * @returns when it listens
   * @throws StartFailed if it says that it cannot
   */
  start(): Promise<void> {
    this.#spawn()
    return this.#first.promise
  }

  /** Asks it something. Never throws: its silence is an answer. */
  ask<N extends RequestName>(
    name: N,
    args: Ask<N>,
    deadlineMs: number,
  ): Promise<readonly Part<Given<N>>[]> {
    return this.#line.ask(name, args, deadlineMs)
  }

  /** Listens to its log, and goes on with the next process when this one ends. */
  follow(question: LogQuestion, hear: HearLines): () => void {
    return this.#line.follow(question, hear)
  }

  /** Asks it to drain; resolves when it is gone. After `limitMs` it is killed. */
  async stop(limitMs: number): Promise<void> {
    clearTimeout(this.#retry)
    this.#isStopping = true
    this.#set({ state: 'stopping', retryAt: null })
    const child = this.#child
    if (child === undefined) return this.#end()
    this.#tell({ kind: 'drain' })
    const limit = setTimeout(() => child.kill('SIGKILL'), limitMs)
    await this.#gone.promise
    clearTimeout(limit)
  }

  #end(): void {
    this.#set({ state: 'stopped', pid: null, listeners: [] })
    this.#gone.resolve()
  }

  #spawn(): void {
    const child = this.#options.worker?.fork() ?? this.#start()
    this.#child = child
    this.#startedMs = performance.now()
    this.#words = undefined
    this.#set({ state: 'starting', pid: child.pid ?? null, retryAt: null })
    child.on('message', (message) => this.#hear(message))
    this.#line.begun()
    child.on('error', (error) => {
      if (child.pid === undefined) this.#died(error.message)
    })
    child.on('exit', (code, signal) =>
      this.#died(this.#words ?? (signal === null ? `exit code ${code}` : `signal ${signal}`)),
    )
  }

  #start(): ChildProcess {
    const { args, env } = this.#options
    return spawn(process.execPath, args, {
      env: { ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
  }

  #hear(raw: unknown): void {
    const message = readToParent(raw)
    switch (message?.kind) {
      case 'ready':
        if (!this.#isStopping) this.#set({ state: 'running', listeners: message.listeners })
        return this.#first.resolve()
      case 'failed':
        this.#words = message.message
        if (message.isFinal) this.#first.reject(new StartFailed(message.message))
        return
      case 'take':
      case 'give': {
        const answer = this.#options.worker?.hear(message)
        if (answer !== undefined) this.#tell(answer)
        return
      }
      case 'parts':
        return this.#line.hear(message)
      case 'lines':
        return this.#line.hearLines(message)
      case 'inquire':
        void this.#inform(message)
    }
  }

  async #inform(inquiry: Inquiry): Promise<void> {
    const parts = (await this.#options.onInquiry?.(inquiry)) ?? []
    this.#tell({ kind: 'gathered', ticket: inquiry.ticket, parts })
  }

  /** False where nobody is there to hear it. */
  #tell(message: ToChild): boolean {
    if (this.#child?.connected !== true) return false
    this.#child.send(message, () => undefined)
    return true
  }

  #died(because: string): void {
    const { log, name } = this.#options
    this.#child = undefined
    this.#line.ended()
    this.#options.worker?.ended()
    if (this.#isStopping) return this.#end()
    const waitMs = this.#backOff.afterDeath(performance.now() - this.#startedMs)
    log.error('app.died', { name, because, restartInMs: waitMs })
    this.#set({
      state: 'waiting',
      pid: null,
      listeners: [],
      lastEnd: because,
      restarts: this.#status.restarts + 1,
      retryAt: new Date(Date.now() + waitMs).toISOString(),
    })
    if (this.#status.restarts >= startAttempts)
      this.#first.reject(new StartFailed(`${name} does not start: ${because}`))
    this.#retry = setTimeout(() => this.#spawn(), waitMs)
  }

  #set(change: Partial<AppStatus>): void {
    const isNewState = change.state !== undefined && change.state !== this.#status.state
    const since = isNewState ? { since: new Date().toISOString() } : {}
    this.#status = { ...this.#status, ...since, ...change }
    this.#options.onChange()
  }
}
