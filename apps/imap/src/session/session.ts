import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  commandStart,
  Cursor,
  formatTagged,
  formatUntaggedStatus,
  peekCommand,
  type CommandStart,
  type CursorOptions,
  type ResponseCode,
  type Segment,
} from '@posthouse/imap-wire'
import type { Connection } from '@posthouse/line-server'
import type { Log } from '@posthouse/telemetry'
import { BodyReader } from '../fetch/body-reader.ts'
import { limits } from '../limits.ts'
import { durations } from '../metrics.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { Account } from './account.ts'
import { allowanceOf } from './allowance.ts'
import { refuseTarget } from './append-target.ts'
import { capabilitiesAt } from './capabilities.ts'
import type { Command, Prepared, Work } from './command.ts'
import { findCommand } from './command-table.ts'
import { bad, type Completion } from './completion.ts'
import type { Guest, Member } from './context.ts'
import type { Conversation } from './conversation.ts'
import { Ending } from './ending.ts'
import { completionOf } from './failure.ts'
import type { House } from './house.ts'
import { ProgressNotices } from './progress-notices.ts'
import { refusal } from './refusals.ts'
import { farewell, SessionOver } from './session-over.ts'
import { SignIn } from './sign-in.ts'
import { SwitchedOff } from './switched-off.ts'
import { Talk } from './talk.ts'
import type { Transition } from './transition.ts'

/** Where the session stands (RFC 3501 §3). */
type State =
  | { readonly kind: 'stranger' }
  | { readonly kind: 'member'; readonly account: Account }
  | {
      readonly kind: 'selected'
      readonly account: Account
      readonly mailbox: SelectedMailbox
      readonly bodies: BodyReader
    }

/** One client, from greeting to goodbye. The only place that knows the tag and the state. */
export class Session {
  readonly #house: House
  readonly #connection: Connection
  readonly #draining: AbortSignal
  readonly #log: Log
  readonly #ending = new Ending()
  readonly #talk: Talk
  readonly #signIn: SignIn
  readonly #enabled = new Set<string>()
  readonly #off: SwitchedOff
  #state: State = { kind: 'stranger' }
  #isCompressed = false
  #badInARow = 0
  #strangerCommands = 0
  #reserved = 0
  /** The verb at work, and what the client calls itself: for whoever asks the running suite. */
  #verb: string | undefined
  #program: string | null = null

  constructor(house: House, connection: Connection, draining: AbortSignal) {
    this.#house = house
    this.#connection = connection
    this.#draining = draining
    this.#talk = new Talk(connection, this.#ending)
    this.#log = house.log.child({ connection: connection.id, peer: connection.remoteAddress })
    this.#off = new SwitchedOff(house.imap)
    this.#signIn = new SignIn({
      house,
      connection,
      ending: this.#ending,
      log: this.#log,
      tell: () => ({ program: this.#program, state: this.#words() }),
    })
  }

  /** Serves until either side is done. Never throws. */
  async run(): Promise<void> {
    const drain = (): void => this.#ending.ask(farewell.draining)
    this.#draining.addEventListener('abort', drain)
    if (this.#draining.aborted) drain()
    try {
      const code = { code: 'CAPABILITY', names: this.#capabilities() } as const
      await this.#talk.say(formatUntaggedStatus('OK', `${this.#house.hostname} is ready`, code))
      for (let served = 1; ; served += 1) {
        await this.#next()
        // Commands that memory answers, sent by the thousand, never wait for anything by themselves.
        if (served % limits.commandsPerTurn === 0) await nextTurn()
      }
    } catch (error) {
      await this.#over(error)
    } finally {
      this.#draining.removeEventListener('abort', drain)
      this.#release()
      this.#leaveMailbox()
      this.#signIn.leave()
    }
  }

  async #over(error: unknown): Promise<void> {
    const words = error instanceof SessionOver ? error.farewell : farewell.bug
    if (!(error instanceof SessionOver)) this.#log.error('imap.session.bug', { error })
    if (words !== undefined) await this.#talk.say(formatUntaggedStatus('BYE', words))
    this.#connection.end()
    this.#log.debug('imap.session.over', { because: words ?? 'client' })
  }

  async #next(): Promise<void> {
    const isSignedIn = this.#state.kind !== 'stranger'
    const received = await this.#talk.command(allowanceOf(isSignedIn, this.#house.messageBytes), {
      reserve: (octets) => this.#reserve(octets),
      refuse: (segments) => this.#refuseMessage(segments),
    })
    if (!isSignedIn) this.#countStranger()
    if (received.kind === 'command') await this.#serve(received.segments)
    else await this.#conclude(received.tag, received.completion)
    this.#release()
  }

  /** Messages are let in after sign-in only, and nobody signs out while one is on its way. */
  get #appendOwner(): string {
    return this.#state.kind === 'stranger' ? '' : this.#state.account.id
  }

  /** Room for a message; for a second one of a command only if it is there, or two such commands could wait for each other. */
  async #reserve(octets: number): Promise<boolean> {
    const { appendBudget } = this.#house
    const owner = this.#appendOwner
    if (this.#reserved === 0) await appendBudget.take(owner, octets)
    else if (!appendBudget.tryTake(owner, octets)) return false
    this.#reserved += octets
    return true
  }

  /** Why a message need not be sent. */
  async #refuseMessage(segments: readonly Segment[]): Promise<Completion | undefined> {
    const command = findCommand(
      peekCommand(segments[0]?.octets ?? Buffer.alloc(0)).name ?? '',
      this.#off.names,
    )
    if (command === undefined) return noSuchCommand
    const barred = this.#misplaced(command) ?? this.#readOnly(command)
    if (barred !== undefined || this.#state.kind === 'stranger') return barred
    try {
      const mailboxes = this.#house.store.mailboxes(this.#state.account.id)
      return await refuseTarget(segments, this.#grammar(), mailboxes)
    } catch (error) {
      return completionOf(error, 'APPEND', this.#log)
    }
  }

  async #serve(segments: readonly Segment[]): Promise<void> {
    // QUIRK: Apple Mail sends empty lines before commands (Stalwart #1201).
    if (segments.length === 1 && segments[0]?.octets.length === 0) return
    const cursor = new Cursor(segments, this.#grammar())
    let start: CommandStart
    try {
      start = commandStart(cursor)
    } catch (error) {
      const { tag } = peekCommand(segments[0]?.octets ?? Buffer.alloc(0))
      return this.#conclude(tag ?? '*', completionOf(error, '', this.#log))
    }
    const begun = performance.now()
    const command = findCommand(start.name, this.#off.names)
    this.#verb = start.name.toLowerCase()
    const completion =
      command === undefined ? noSuchCommand : await this.#carryOut(command, start, cursor)
    this.#verb = undefined
    const expunges = command !== undefined && mayExpunge(command, start.name)
    const name = command === undefined ? 'other' : start.name
    if (name !== 'IDLE') durations.observeSince({ command: name, result: completion.status }, begun)
    await this.#conclude(start.tag, completion, expunges)
  }

  #grammar(): CursorOptions {
    return { utf8: this.#enabled.has('UTF8=ACCEPT'), without: this.#off.names }
  }

  /** Checks, parses, works. Whatever goes wrong becomes a completion here. */
  async #carryOut(
    command: Command,
    { name, tag }: CommandStart,
    cursor: Cursor,
  ): Promise<Completion> {
    const misplaced = this.#misplaced(command)
    if (misplaced !== undefined) return misplaced
    try {
      const prepared = command.prepare(cursor, name)
      const readOnly = this.#readOnly(command)
      if (readOnly !== undefined) return readOnly
      const work = this.#begin(prepared)
      return await (work instanceof Promise ? work : this.#converse(work, tag))
    } catch (error) {
      if (error instanceof SessionOver) throw error
      return completionOf(error, name, this.#log)
    }
  }

  #misplaced(command: Command): Completion | undefined {
    const { kind } = this.#state
    if (command.state === 'any') return undefined
    if (command.state === 'stranger') return kind === 'stranger' ? undefined : misplaced.stranger
    if (kind === 'stranger') return misplaced.member
    return command.state === 'selected' && kind !== 'selected' ? misplaced.selected : undefined
  }

  #readOnly(command: Command): Completion | undefined {
    const isReadOnly = this.#state.kind === 'selected' && this.#state.mailbox.isReadOnly
    return command.writes && isReadOnly ? refusal.readOnly : undefined
  }

  #begin(prepared: Prepared): Work {
    const state = this.#state
    if (prepared.state === 'any' || prepared.state === 'stranger')
      return prepared.run(this.#guest())
    if (state.kind === 'stranger') throw new Error('a verb was begun by a stranger')
    const member = this.#member(state.account)
    if (prepared.state === 'member') return prepared.run(member)
    if (state.kind !== 'selected') throw new Error('a verb was begun without a mailbox')
    const { mailbox, bodies } = state
    return prepared.run({ ...member, selected: mailbox, bodies, sorting: this.#house.sorting })
  }

  /** Lets a verb speak: writes what it says, answers what it asks, returns how it ended. */
  async #converse(conversation: Conversation, tag: string): Promise<Completion> {
    const notices = new ProgressNotices(tag, performance.now())
    let answer: Buffer | undefined
    try {
      for (;;) {
        const step = await conversation.next(answer)
        if (step.done === true) return step.value
        if (this.#connection.closed.aborted) throw new SessionOver()
        const said = step.value
        answer = undefined
        if (Buffer.isBuffer(said)) await this.#talk.say(said)
        else if (said.kind === 'correlated') await this.#talk.say(said.format(tag))
        else if (said.kind === 'progress') await this.#tell(notices.notice(said, performance.now()))
        else if (said.kind === 'prompt') answer = await this.#talk.question(said.text)
        else answer = await this.#talk.listen(said)
      }
    } finally {
      // Lets a verb that was left in the middle give back what it holds.
      await conversation.return(refusal.bug)
    }
  }

  /** Says something that is of use at once only. Work goes on meanwhile, even where nobody reads. */
  async #tell(notice: Buffer | undefined): Promise<void> {
    if (notice === undefined || this.#off.names.has('INPROGRESS')) return
    await this.#talk.say(notice)
  }

  /** The one place that sends tagged answers; what else there is to tell goes before them. */
  async #conclude(tag: string, completion: Completion, expunges = false): Promise<void> {
    const { become, status, text } = completion
    if (become !== undefined) this.#become(become)
    else if (this.#state.kind === 'selected') {
      await this.#talk.say(this.#state.mailbox.news({ mayExpunge: expunges }))
    }
    const tagged = formatTagged(tag, status, text, this.#codeOf(completion))
    if (become?.kind === 'tls') return this.#startTls(tagged)
    if (become?.kind === 'compressed') return this.#startCompression(tagged)
    await this.#talk.say(tagged)
    if (become?.kind === 'logout') throw new SessionOver()
    if (this.#state.kind === 'selected' && this.#state.mailbox.open.isGone) {
      throw new SessionOver(farewell.mailboxGone)
    }
    if (this.#signIn.isExhausted) throw new SessionOver(farewell.passwords)
    this.#countBad(completion)
  }

  #codeOf(completion: Completion): ResponseCode | undefined {
    if (completion.become?.kind !== 'signed-in') return completion.code
    // RFC 3501 §7.1: saves every client the question.
    return { code: 'CAPABILITY', names: this.#capabilities() }
  }

  #become(become: Transition): void {
    if (become.kind === 'selected' || become.kind === 'unselected') this.#leaveMailbox()
    if (become.kind === 'signed-in') {
      this.#talk.welcome()
      this.#off.forAccount(become.without)
      this.#state = { kind: 'member', account: become.account }
    } else if (become.kind === 'selected' && this.#state.kind !== 'stranger') {
      const { mailbox } = become
      const bodies = new BodyReader(mailbox)
      this.#state = { kind: 'selected', account: this.#state.account, mailbox, bodies }
    }
  }

  /** RFC 3501 §6.2.1: what was learnt before TLS is forgotten; line-server drops what was sent ahead. */
  async #startTls(goAhead: Buffer): Promise<void> {
    if (!(await this.#connection.startTls(this.#house.tls, goAhead))) throw new SessionOver()
    this.#enabled.clear()
    this.#badInARow = 0
  }

  async #startCompression(goAhead: Buffer): Promise<void> {
    if (!(await this.#connection.startCompression(goAhead))) throw new SessionOver()
    this.#isCompressed = true
  }

  #leaveMailbox(): void {
    if (this.#state.kind !== 'selected') return
    const { account, mailbox, bodies } = this.#state
    bodies.forget()
    mailbox.close()
    this.#state = { kind: 'member', account }
  }

  #guest(): Guest {
    return {
      isSecure: this.#connection.secure,
      isCompressed: this.#isCompressed,
      mayUsePassword: this.#house.mayUsePassword(this.#connection),
      messageBytes: this.#house.messageBytes,
      selected: this.#state.kind === 'selected' ? this.#state.mailbox : undefined,
      closed: this.#connection.closed,
      capabilities: () => this.#capabilities(),
      signIn: (login, password, mechanism) => this.#signIn.attempt(login, password, mechanism),
      introduce: (fields) => this.#introduce(fields),
      without: this.#off.names,
      enabled: this.#enabled,
    }
  }

  /** `idle INBOX`, `waiting`. */
  #words(): string {
    const mailbox = this.#state.kind === 'selected' ? [this.#state.mailbox.name] : []
    return [this.#verb ?? 'waiting', ...mailbox].join(' ')
  }

  #introduce(fields: ReadonlyMap<string, string | null>): boolean {
    this.#program = programOf(fields)
    this.#log.info('imap.client', { client: Object.fromEntries(fields) })
    return this.#off.forClient(fields)
  }

  #member(account: Account): Member {
    const { store } = this.#house
    return { ...this.#guest(), account, store, mailboxes: store.mailboxes(account.id) }
  }

  #capabilities(): readonly string[] {
    return capabilitiesAt({
      isSignedIn: this.#state.kind !== 'stranger',
      isSecure: this.#connection.secure,
      mayUsePassword: this.#house.mayUsePassword(this.#connection),
      messageBytes: this.#house.messageBytes,
      without: this.#off.names,
    })
  }

  #countStranger(): void {
    this.#strangerCommands += 1
    if (this.#strangerCommands > limits.strangerCommands) throw new SessionOver(farewell.stranger)
  }

  #countBad({ status }: Completion): void {
    if (status === 'OK') this.#badInARow = 0
    if (status !== 'BAD') return
    this.#badInARow += 1
    const most = this.#state.kind === 'stranger' ? limits.strangerBadInARow : limits.badInARow
    if (this.#badInARow >= most) throw new SessionOver(farewell.nonsense)
  }

  #release(): void {
    if (this.#reserved === 0) return
    this.#house.appendBudget.release(this.#appendOwner, this.#reserved)
    this.#reserved = 0
  }
}

/** As the client calls itself, cut to what fits a line (RFC 2971 §3.3). */
function programOf(fields: ReadonlyMap<string, string | null>): string | null {
  const words = [fields.get('name'), fields.get('version')].filter((word) => word?.trim())
  return words.length === 0 ? null : words.join(' ').slice(0, limits.programCharacters)
}

const noSuchCommand = bad('There is no such command')

const misplaced = {
  stranger: bad('You are signed in already'),
  member: bad('Sign in first'),
  selected: bad('Select a mailbox first'),
}

/** Commands that were given sequence numbers must not see them shift (RFC 3501 §7.4.1). */
function mayExpunge(command: Command, name: string): boolean {
  return !command.holdsNumbers || name.startsWith('UID ')
}
