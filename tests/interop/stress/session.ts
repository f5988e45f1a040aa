import assert from 'node:assert/strict'
import { logIn, RawClient, suiteHostname, testAuthority } from '@posthouse/testkit'
import { Random } from '../../fuzz/house/random.ts'
import { parseCondition, parseResponse, type Condition, type Response } from './response.ts'
import { MailboxTruth } from './truth.ts'
import { View, type Allowance, type Awareness } from './view.ts'

/** What all sessions share. */
export interface Ground {
  readonly address: string
  /** Ports of the IMAP processes. */
  readonly ports: readonly number[]
  readonly truths: ReadonlyMap<string, MailboxTruth>
}

/** How a command ended, and what came before that. */
export interface Outcome extends Condition {
  readonly responses: readonly Response[]
}

const still: Allowance = { holds: true, tellsEarlier: false }
const free: Allowance = { holds: false, tellsEarlier: false }
const earlier: Allowance = { holds: false, tellsEarlier: true }

/** One client of the stress test: it sends commands and holds every answer against what it was told before. */
export class StressSession {
  readonly ground: Ground
  readonly random: Random
  readonly awareness: Awareness
  readonly name: string
  view: View | undefined
  /** The view of the mailbox that is being opened, until the one before is closed (RFC 7162 §3.2.11). */
  next: View | undefined
  /** The last exchanges, for the report of a failure. */
  readonly #log: string[] = []
  #client: RawClient | undefined
  #commands = 0
  #openings = 0

  constructor(ground: Ground, index: number, seed: number) {
    this.ground = ground
    this.name = `s${index}`
    this.random = new Random(seed * 1000 + index)
    this.awareness = (['plain', 'condstore', 'qresync'] as const)[index % 3] ?? 'plain'
  }

  /** How many commands it has sent. */
  get commands(): number {
    return this.#commands
  }

  /** The last exchanges. */
  get story(): string {
    return this.#log.join('\n')
  }

  /** Connects to one of the processes and signs in. */
  async connect(): Promise<void> {
    const { ports, address } = this.ground
    const port = ports[this.random.below(ports.length)] ?? 0
    this.view = undefined
    const options = { port, ca: testAuthority().ca, serverName: suiteHostname }
    this.#client = await RawClient.connect(options)
    this.#note('!', `connected to process ${ports.indexOf(port)}`)
    await this.#client.readLine()
    await logIn(this.#client, 'imap', address)
    if (this.awareness !== 'plain') await this.ok(`ENABLE ${this.awareness.toUpperCase()}`)
  }

  /** A view of this mailbox, empty yet. */
  openingOf(mailbox: string, isReadOnly: boolean): View {
    this.#openings += 1
    const truth = this.truth(mailbox)
    const name = `${this.name} opening ${this.#openings}`
    return new View({ truth, awareness: this.awareness, isReadOnly, name })
  }

  /** What is known of a mailbox by all sessions. */
  truth(mailbox: string): MailboxTruth {
    const truth = this.ground.truths.get(mailbox)
    assert.ok(truth !== undefined, `a mailbox of the test: ${mailbox}`)
    return truth
  }

  /** Sends a command and reads its answer; throws where it is BAD. */
  async ask(command: string): Promise<Outcome> {
    return this.finish(this.begin(command), command)
  }

  /** Sends a command that must succeed. */
  async ok(command: string): Promise<Outcome> {
    const outcome = await this.ask(command)
    assert.equal(outcome.status, 'OK', `${command.slice(0, 80)}: ${outcome.text}`)
    return outcome
  }

  /** Sends a command, or several at once, and returns the last one's tag. */
  begin(command: string): string {
    assert.doesNotMatch(
      this.#open.unread,
      /EXPUNGE|VANISHED/,
      'expunged with no command in progress',
    )
    return this.begun(command)
  }

  /** Sends a command although another one may be in progress; returns its tag. */
  begun(command: string): string {
    this.#commands += 1
    const tag = `t${this.#commands}`
    this.#note('>', `${tag} ${command}`)
    this.#open.sendLine(`${tag} ${command}`)
    return tag
  }

  /** Sends something that is no command. */
  send(text: string): void {
    this.#note('>', text)
    this.#open.send(text)
  }

  /** Reads up to the end of the command with this tag. */
  async finish(tag: string, command: string): Promise<Outcome> {
    const allowance = allowanceFor(command)
    const responses: Response[] = []
    for (;;) {
      const text = await this.read()
      if (text.startsWith(`${tag} `)) {
        const end = parseCondition(text.slice(tag.length + 1))
        assert.notEqual(end.status, 'BAD', command)
        assert.notEqual(end.code, 'SERVERBUG', command)
        this.view?.conclude(end.code, end.value)
        return { ...end, responses }
      }
      const response = parseResponse(text)
      if (response.kind === 'condition' && response.code === 'CLOSED') this.#change()
      this.view?.take(response, allowance)
      responses.push(response)
    }
  }

  /** Reads up to the continuation request of IDLE (RFC 2177 §3). */
  async untilContinued(): Promise<void> {
    for (;;) {
      const text = await this.read()
      if (text.startsWith('+ ')) return
      this.view?.take(parseResponse(text), free)
    }
  }

  /** The next response with its literals. */
  async read(): Promise<string> {
    let text = await this.#open.readLine()
    for (;;) {
      const literal = /\{(\d+)\}$/.exec(text)
      if (literal === null) break
      text += `\r\n${await this.#open.readOctets(Number(literal[1]))}${await this.#open.readLine()}`
    }
    this.#note('<', text)
    return text
  }

  /** Hangs up without a word. */
  hangUp(): void {
    this.#note('!', 'hangs up')
    this.#client?.reset()
    this.view = undefined
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    await this.ask('LOGOUT')
    this.#client?.close()
    this.view = undefined
  }

  #change(): void {
    assert.ok(this.view !== undefined && this.next !== undefined, 'CLOSED, and nothing was open')
    this.view = this.next
    this.next = undefined
  }

  get #open(): RawClient {
    assert.ok(this.#client !== undefined)
    return this.#client
  }

  #note(who: string, text: string): void {
    this.#log.push(`${this.name} ${who} ${text.length > 600 ? `${text.slice(0, 600)}…` : text}`)
    if (this.#log.length > 60) this.#log.shift()
  }
}

function allowanceFor(command: string): Allowance {
  if (/^(FETCH|STORE|SEARCH|SORT|THREAD) /.test(command)) return still
  return / VANISHED\)|\(QRESYNC /.test(command) ? earlier : free
}
