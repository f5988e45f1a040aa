import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type {
  FromWorker,
  LaneList,
  LookAnswer,
  LookRequest,
  ModelAnswer,
  ToWorker,
} from './protocol.ts'

/** What a worker said of a list until it was done, or killed, or without a database. */
export type Answers = readonly (ModelAnswer | undefined)[]

/** A worker process of the model test. */
export class ModelWorker {
  /** What its connections are called. */
  readonly app: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #complaint = ''
  #onMessage: (message: FromWorker) => void = () => {}
  #onEnd: () => void = () => {}
  #isKilled = false
  static #made = 0

  private constructor(url: string) {
    this.app = `model-${process.pid}-${ModelWorker.#made++}`
    const file = fileURLToPath(new URL('worker.ts', import.meta.url))
    this.#child = fork(file, [url, this.app], {
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
  static async start(url: string): Promise<ModelWorker> {
    const worker = new ModelWorker(url)
    await worker.#hear((message) => message.type === 'ready')
    return worker
  }

  get isKilled(): boolean {
    return this.#isKilled
  }

  /** Has the lists done, all at once, and is killed after so many answers. What is not heard of is undefined. */
  async work(lists: readonly LaneList[], killAfter?: number): Promise<readonly Answers[]> {
    const answers = lists.map(({ ops }): (ModelAnswer | undefined)[] => ops.map(() => undefined))
    let heard = 0
    this.#send({ type: 'work', lists })
    await this.#hear((message) => {
      if (message.type !== 'answers') return message.type === 'worked'
      for (const [list, n, answer] of message.answers) {
        const known = answers[list]
        if (known !== undefined) known[n] = answer
        heard++
        if (heard === killAfter) this.#kill()
      }
      return false
    })
    return answers
  }

  /** What it sees in these mailboxes. */
  async look(requests: readonly LookRequest[]): Promise<readonly LookAnswer[]> {
    let seen: readonly LookAnswer[] = []
    this.#send({ type: 'look', requests })
    await this.#hear((message) => {
      if (message.type === 'looked') seen = message.boxes
      return message.type === 'looked'
    })
    return seen
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#send({ type: 'stop' })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 60_000)
    await this.#ended
    clearTimeout(timer)
  }

  #kill(): void {
    this.#isKilled = true
    this.#child.kill('SIGKILL')
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

/** As many workers as asked for, and one in reserve who takes the place of one that is killed. */
export class ModelCrew {
  readonly #url: string
  #workers: ModelWorker[] = []
  #reserve: Promise<ModelWorker> | undefined

  constructor(url: string) {
    this.#url = url
  }

  async start(count: number): Promise<void> {
    const starting = Array.from({ length: count }, () => ModelWorker.start(this.#url))
    this.#workers = await Promise.all(starting)
    this.#prepare()
  }

  get workers(): readonly ModelWorker[] {
    return this.#workers
  }

  /** Gives the names of those that were killed: their connections may live a little longer. */
  async replaceKilled(): Promise<readonly string[]> {
    const killed: string[] = []
    for (const [i, worker] of this.#workers.entries()) {
      if (!worker.isKilled) continue
      killed.push(worker.app)
      await worker.stop()
      this.#workers[i] = await (this.#reserve ?? ModelWorker.start(this.#url))
      this.#prepare()
    }
    return killed
  }

  async stop(): Promise<void> {
    const reserve = await this.#reserve?.catch(() => undefined)
    await Promise.all([...this.#workers, ...(reserve ? [reserve] : [])].map((one) => one.stop()))
  }

  #prepare(): void {
    this.#reserve = ModelWorker.start(this.#url)
    // Whoever needs it hears of a failure.
    this.#reserve.catch(() => {})
  }
}
