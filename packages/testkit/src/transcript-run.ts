import type { PortName } from '@posthouse/config'
import { logIn, readGreeting } from './dialogue.ts'
import type { RawClient } from './raw-client.ts'
import type { Pattern, Step } from './transcript-line.ts'
import { latin1Of, octetsOf, regexOf, show, type Variables } from './transcript-text.ts'

/** What a transcript plays against. */
export interface Stage {
  /** Makes what a `given` line asks for. */
  given(words: string, block: readonly string[], variables: Variables): Promise<void>
  /** The listener that a peer connects to. */
  portOf(peer: string): PortName
  connect(port: PortName): Promise<RawClient>
  /** For failures: what the servers logged of late. */
  logTail(): readonly string[]
}

/** How many exchanges a failure shows. */
const shownExchanges = 10

type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>

/** Plays one transcript from beginning to end. */
export class TranscriptRun {
  readonly #file: string
  readonly #stage: Stage
  readonly #variables: Variables
  readonly #peers = new Map<string, RawClient>()
  readonly #exchanges: string[] = []

  constructor(file: string, stage: Stage, variables: Variables) {
    this.#file = file
    this.#stage = stage
    this.#variables = variables
  }

  /** Rejects with file:line, what was expected and what came, and the last exchanges. */
  async play(steps: readonly Step[]): Promise<void> {
    try {
      for (const step of steps) await this.#playOne(step)
    } finally {
      for (const client of this.#peers.values()) client.close()
    }
  }

  async #playOne(step: Step): Promise<void> {
    try {
      await this.#do(step)
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error)
      const failure = new Error(
        [
          `${this.#file}:${step.line}: ${because}`,
          ...this.#exchanges.slice(-shownExchanges).map((line) => `    ${line}`),
          ...this.#stage.logTail().map((line) => `    log: ${line.trimEnd()}`),
        ].join('\n'),
      )
      failure.stack = failure.message
      throw failure
    }
  }

  async #do(step: Step): Promise<void> {
    switch (step.kind) {
      case 'given':
        return this.#stage.given(step.words, step.block, this.#variables)
      case 'control':
        return this.#control(step)
      default:
        return this.#converse(step, await this.#peer(step.peer))
    }
  }

  async #converse(
    step: Exclude<Step, StepOf<'given' | 'control'>>,
    client: RawClient,
  ): Promise<void> {
    switch (step.kind) {
      case 'send':
        return this.#send(step, client)
      case 'expect':
        return this.#expect(step.pattern, await this.#read(step.peer, client))
      case 'skip-to': {
        const prefix = latin1Of(step.prefix, this.#variables)
        while (!(await this.#read(step.peer, client)).startsWith(prefix)) continue
        return
      }
      case 'skip-while': {
        const prefix = latin1Of(step.prefix, this.#variables)
        while ((await client.peekLine()).startsWith(prefix)) await this.#read(step.peer, client)
        return
      }
      case 'any-order':
        return this.#expectAll(step, client)
    }
  }

  #send(step: StepOf<'send'>, client: RawClient): void {
    const octets = octetsOf(step.text, this.#variables)
    this.#note(`${step.peer}${step.crlf ? '>' : '>>'} ${show(octets.toString('latin1'))}`)
    client.send(step.crlf ? Buffer.concat([octets, Buffer.from('\r\n')]) : octets)
  }

  async #expectAll(step: StepOf<'any-order'>, client: RawClient): Promise<void> {
    // Exact ones first, or a regular expression might take a line that another pattern needs.
    const left = step.patterns.toSorted((a, b) => a.kind.localeCompare(b.kind))
    while (left.length > 0) {
      const line = await this.#read(step.peer, client)
      const at = left.findIndex((pattern) => this.#matches(pattern, line))
      if (at === -1) {
        throw new Error(`expected one of ${left.map(describe).join(' | ')}, got ${show(line)}`)
      }
      left.splice(at, 1)
    }
  }

  #expect(pattern: Pattern, line: string): void {
    if (!this.#matches(pattern, line)) {
      throw new Error(`expected ${describe(pattern)}, got ${show(line)}`)
    }
  }

  #matches(pattern: Pattern, line: string): boolean {
    if (pattern.kind === 'exact') return line === latin1Of(pattern.text, this.#variables)
    const match = regexOf(pattern.text, this.#variables).exec(line)
    for (const [name, value] of Object.entries(match?.groups ?? {})) {
      if (value !== undefined) this.#variables.set(name, value)
    }
    return match !== null
  }

  async #control({ peer, words }: StepOf<'control'>): Promise<void> {
    const [verb, ...rest] = words
    this.#note(`${peer}! ${words.join(' ')}`)
    if (verb === 'connect') {
      this.#peers.get(peer)?.close()
      this.#peers.set(peer, await this.#stage.connect(this.#stage.portOf(peer)))
      return
    }
    const client = await this.#peer(peer)
    switch (verb) {
      case 'tls':
        return client.startTls()
      case 'compress':
        return client.compress()
      case 'login':
        return logIn(client, this.#stage.portOf(peer), rest[0] ?? '', rest[1])
      case 'close':
        client.close()
        this.#peers.delete(peer)
        return
      case 'end':
        return client.end()
      case 'reset':
        client.reset()
        this.#peers.delete(peer)
        return
      case 'closed':
        return expectNothing(await client.readToEnd())
      case 'silent':
        return expectNothing(client.unread)
      default:
        throw new Error(`there is no control "${verb ?? ''}"`)
    }
  }

  async #peer(peer: string): Promise<RawClient> {
    const known = this.#peers.get(peer)
    if (known !== undefined) return known
    const port = this.#stage.portOf(peer)
    const client = await this.#stage.connect(port)
    this.#peers.set(peer, client)
    const greeting = await readGreeting(client, port)
    for (const line of greeting) this.#note(`${peer}< ${show(line)}`)
    return client
  }

  async #read(peer: string, client: RawClient): Promise<string> {
    const line = await client.readLine()
    this.#note(`${peer}< ${show(line)}`)
    return line
  }

  #note(exchange: string): void {
    this.#exchanges.push(exchange)
  }
}

function expectNothing(rest: string): void {
  if (rest !== '') throw new Error(`expected nothing more, got ${show(rest)}`)
}

function describe(pattern: Pattern): string {
  return pattern.kind === 'exact' ? pattern.text : `/${pattern.text}/`
}
