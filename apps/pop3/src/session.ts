import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Connection } from '@posthouse/line-server'
import { StoreUnavailable } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { capabilitiesOf } from './capabilities.ts'
import { verbs } from './commands/index.ts'
import type { Completion, Transition } from './completion.ts'
import { Ending } from './ending.ts'
import { mayUsePasswordOn, type House } from './house.ts'
import { limits } from './limits.ts'
import { farewell, refusal, usage } from './refusals.ts'
import { readRequest, type Request } from './request.ts'
import { SignIn } from './sign-in.ts'
import type { AnyVerb, Conversation, Member, Stranger } from './verb.ts'

const verbsByName: ReadonlyMap<string, AnyVerb> = new Map(verbs.map((verb) => [verb.name, verb]))

/** What a browser says that was sent here by a page (ALPACA, cross-protocol scripting). */
const webVerbs = new Set(['GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'CONNECT', 'PATCH', 'DELETE'])

/** One client, from greeting to end. */
export class Session {
  readonly #house: House
  readonly #connection: Connection
  readonly #ending = new Ending()
  readonly #signIn: SignIn
  readonly #log: Log
  #client: Stranger | Member
  #mistakes = 0
  #isOver = false
  /** At work, for whoever asks the running suite. */
  #verb: string | undefined

  constructor(house: House, connection: Connection, log: Log) {
    this.#house = house
    this.#connection = connection
    this.#log = log
    const state = (): string => this.#verb ?? 'waiting'
    this.#signIn = new SignIn({ house, connection, ending: this.#ending, log, state })
    this.#client = this.#newStranger()
  }

  /** Serves the client. `draining` asks the session to end after the command at hand. */
  async serve(draining: AbortSignal): Promise<void> {
    const drain = () => this.#ending.ask(farewell.shuttingDown)
    draining.addEventListener('abort', drain, { once: true })
    if (draining.aborted) drain()
    try {
      await this.#connection.write(`+OK ${this.#house.hostname} POP3 server ready.\r\n`)
      while (!this.#isOver) await this.#turn()
    } finally {
      draining.removeEventListener('abort', drain)
      if (this.#client.state === 'transaction') this.#client.maildrop.close()
      await this.#signIn.leave()
    }
  }

  async #turn(): Promise<void> {
    this.#verb = undefined
    const read = await this.#connection.reader.readLine({
      maxBytes: limits.lineBytes,
      deadlineMs: limits.idleMs,
      signal: this.#ending.signal,
    })
    switch (read.kind) {
      case 'line':
        return this.#answer(read.octets)
      case 'too-long':
        return this.#reply(this.#weigh(refusal.tooLong))
      case 'cancelled':
        return this.#sayFarewell()
      // RFC 1939 §3: when the timer runs out, nothing is removed and nothing is said.
      case 'timeout':
      case 'closed':
        this.#isOver = true
    }
  }

  async #answer(line: Buffer): Promise<void> {
    const request = readRequest(line)
    if (request === undefined) return this.#reply(this.#weigh(refusal.notText))
    if (this.#client.state === 'authorization' && webVerbs.has(request.verb)) this.#isOver = true
    this.#verb = request.verb.toLowerCase()
    const completion = await this.#complete(request)
    if (completion !== undefined) await this.#reply(this.#weigh(completion))
    else if (this.#ending.farewell === undefined) this.#isOver = true
    if (this.#ending.farewell !== undefined) await this.#sayFarewell()
  }

  /** The one place where outcomes become replies; undefined when the client left in between. */
  async #complete(request: Request): Promise<Completion | undefined> {
    try {
      const outcome = await this.#run(request)
      if (!isConversation(outcome)) return outcome
      return await this.#converse(outcome)
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        this.#log.warn('pop3.store.unavailable', { verb: request.verb, because: error.message })
        return refusal.unavailable
      }
      this.#log.error('pop3.command.failed', { verb: request.verb, error })
      return refusal.internal
    }
  }

  #run({ verb: name, rest }: Request): ReturnType<AnyVerb['run']> {
    const verb = verbsByName.get(name)
    if (verb === undefined) return refusal.unknownCommand
    const client = this.#client
    const wrong = usage(verb.usage)
    switch (verb.state) {
      case 'authorization':
        if (client.state !== 'authorization') return refusal.signedIn
        return verb.run(rest, client) ?? wrong
      case 'transaction':
        if (client.state !== 'transaction') return refusal.signInFirst
        return verb.run(rest, client) ?? wrong
      case 'any':
        return verb.run(rest, client) ?? wrong
    }
  }

  async #converse(conversation: Conversation): Promise<Completion | undefined> {
    let step = await conversation.next()
    while (step.done !== true) {
      await this.#connection.write(`+ ${step.value}\r\n`)
      const read = await this.#connection.reader.readLine({
        maxBytes: limits.lineBytes,
        deadlineMs: limits.idleMs,
        signal: this.#ending.signal,
      })
      if (read.kind === 'too-long') return refusal.tooLong
      if (read.kind !== 'line') return undefined
      step = await conversation.next(read.octets)
    }
    return step.value
  }

  async #reply(completion: Completion): Promise<void> {
    switch (completion.kind) {
      case 'ok':
        await this.#move(completion.next)
        return this.#connection.write(`+OK ${completion.text}\r\n`)
      case 'error':
        await this.#move(completion.next)
        return this.#connection.write(errorLine(completion))
      case 'multi-line':
        return this.#send(completion.text, completion.pieces)
      case 'octets':
        void this.#connection.write(`+OK ${completion.text}\r\n`)
        for (const piece of completion.pieces) await this.#connection.write(piece)
        return
      case 'start-tls':
        return this.#startTls(completion.text)
    }
  }

  async #send(
    text: string,
    pieces: Iterable<string | Buffer> | AsyncIterable<Buffer>,
  ): Promise<void> {
    const { closed } = this.#connection
    try {
      await this.#connection.write(`+OK ${text}\r\n`)
      for await (const piece of pieces) {
        if (closed.aborted) return
        await this.#connection.write(piece)
        // A long list is made without a wait: others get a turn between its pieces.
        await nextTurn()
      }
    } catch (error) {
      // Half a message must not look like a whole one: no terminator, no further reply.
      this.#log.warn('pop3.reply.broken', { error })
      this.#isOver = true
      this.#connection.destroy()
    }
  }

  async #startTls(text: string): Promise<void> {
    const isUp = await this.#connection.startTls(this.#house.tls, `+OK ${text}\r\n`)
    this.#client = this.#newStranger()
    if (!isUp) this.#isOver = true
  }

  /** Before the reply leaves: whoever has read our goodbye may sign in again. */
  async #move(next: Transition | undefined): Promise<void> {
    if (next?.kind === 'signed-in') this.#client = this.#newMember(next)
    if (next?.kind !== 'end') return
    this.#isOver = true
    await this.#signIn.leave()
  }

  /** Counts mistakes in a row; the last one that is borne ends the session. */
  #weigh(completion: Completion): Completion {
    if (completion.kind !== 'error') this.#mistakes = 0
    else if (completion.isMistake === true) this.#mistakes += 1
    const most =
      this.#client.state === 'authorization' ? limits.strangerMistakes : limits.memberMistakes
    return this.#mistakes < most ? completion : refusal.mistakes
  }

  async #sayFarewell(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    await this.#connection.write(this.#ending.farewell ?? '')
  }

  #newStranger(): Stranger {
    const facts = { ...this.#facts(), state: 'authorization' } as const
    return {
      ...facts,
      user: undefined,
      capabilities: async () => {
        const delaySeconds = await this.#house.longestDelay.seconds()
        return capabilitiesOf({ ...facts, delaySeconds })
      },
      signIn: (login, password, mechanism) => this.#signIn.attempt(login, password, mechanism),
    }
  }

  #newMember({ maildrop, settings }: Extract<Transition, { kind: 'signed-in' }>): Member {
    const facts = { ...this.#facts(), state: 'transaction' } as const
    const delaySeconds = settings['pop3.login-delay']
    const capabilities = () => Promise.resolve(capabilitiesOf({ ...facts, delaySeconds }))
    return { ...facts, maildrop, capabilities }
  }

  #facts(): { readonly isSecure: boolean; readonly mayUsePassword: boolean } {
    return {
      isSecure: this.#connection.secure,
      mayUsePassword: mayUsePasswordOn(this.#house, this.#connection),
    }
  }
}

function errorLine({ code, text }: Extract<Completion, { kind: 'error' }>): string {
  return code === undefined ? `-ERR ${text}\r\n` : `-ERR [${code}] ${text}\r\n`
}

function isConversation(outcome: unknown): outcome is Conversation {
  return typeof outcome === 'object' && outcome !== null && Symbol.asyncIterator in outcome
}
