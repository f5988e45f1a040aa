import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type {
  FromWorker,
  LookAnswer,
  LookRequest,
  ModelAnswer,
  ModelOp,
  ToWorker,
} from './protocol.ts'

/** What a worker said of its list until it was done, or killed. */
export type Answers = readonly (ModelAnswer | undefined)[]

/** A worker process of the model test. */
export class ModelWorker {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #complaint = ''
  #onMessage: (message: FromWorker) => void = () => {}
  #onEnd: () => void = () => {}
  #isKilled = false

  private constructor(url: string, account: string) {
    const file = fileURLToPath(new URL('worker.ts', import.meta.url))
    this.#child = fork(file, [url, account], {
      execArgv: ['--conditions=@posthouse/source'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#complaint += text))
    this.#child.on('message', (message: FromWorker) => this.#onMessage(message))
    // What it said is heard to the end: the channel closes behind the last message.
    this.#ended = Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')])
    void this.#ended.then(() => this.#onEnd())
  }

  /** Starts one, and waits until it listens. */
  static async start(url: string, account: string): Promise<ModelWorker> {
    const worker = new ModelWorker(url, account)
    await worker.#hear((message) => message.type === 'ready')
    return worker
  }

  get isKilled(): boolean {
    return this.#isKilled
  }

  /** Has the list done, one after the other. Killed in the middle, or without a database: the rest is undefined. */
  async work(ops: readonly ModelOp[], killAfter?: number): Promise<Answers> {
    const answers: (ModelAnswer | undefined)[] = ops.map(() => undefined)
    if (ops.length === 0) return answers
    this.#send({ type: 'work', ops })
    await this.#hear((message) => {
      if (message.type === 'broken') return true
      if (message.type !== 'answer') return false
      answers[message.n] = message.answer
      if (message.n === killAfter) this.kill()
      return message.n === ops.length - 1
    })
    return answers
  }

  /** What it sees in these mailboxes. */
  async look(boxes: readonly LookRequest[]): Promise<readonly LookAnswer[]> {
    let seen: readonly LookAnswer[] = []
    this.#send({ type: 'look', boxes })
    await this.#hear((message) => {
      if (message.type === 'looked') seen = message.boxes
      return message.type === 'looked'
    })
    return seen
  }

  kill(): void {
    this.#isKilled = true
    this.#child.kill('SIGKILL')
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#send({ type: 'stop' })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 30_000)
    await this.#ended
    clearTimeout(timer)
  }

  #send(message: ToWorker): void {
    this.#child.send(message)
  }

  /** Until `isLast`, or the end of a worker that was killed. One that ends by itself is a failure. */
  #hear(isLast: (message: FromWorker) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onMessage = (message) => {
        if (isLast(message)) resolve()
      }
      this.#onEnd = () => {
        if (this.#isKilled) resolve()
        else reject(new Error(`a worker ended by itself:\n${this.#complaint}`))
      }
    })
  }
}

/** As many workers as asked for; a killed one is replaced before the next look. */
export class ModelCrew {
  readonly #url: string
  readonly #account: string
  #workers: ModelWorker[] = []

  constructor(url: string, account: string) {
    this.#url = url
    this.#account = account
  }

  async start(count: number): Promise<void> {
    const starting = Array.from({ length: count }, () => {
      return ModelWorker.start(this.#url, this.#account)
    })
    this.#workers = await Promise.all(starting)
  }

  get workers(): readonly ModelWorker[] {
    return this.#workers
  }

  async replaceKilled(): Promise<void> {
    this.#workers = await Promise.all(
      this.#workers.map(async (worker) => {
        if (!worker.isKilled) return worker
        await worker.stop()
        return ModelWorker.start(this.#url, this.#account)
      }),
    )
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()))
  }
}
