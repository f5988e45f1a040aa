import { Readable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { wordsOf } from './client-connect.ts'
import type { ClientLink } from './client-link.ts'
import { wireParameters } from './client-parameters.ts'
import { peerOf } from './client-peer.ts'
import { localRefusals } from './local-refusal.ts'
import type { OutboundMessage, RecipientOutcome, SendResult } from './outcome.ts'
import { describeReply, parseReply, type Reply } from './reply.ts'
import type { ClientDeadlines, SmtpClient } from './smtp-client.ts'

/** Pieces in which a message is handed to the socket; what is no larger goes out in one write, its final dot with it. */
const PIECE = 64 * 1024
/** How long QUIT may take: the peer has nothing of ours any more. */
const QUIT_MS = 5000

/** How the exchange of one message ended. */
type Ending =
  | { readonly kind: 'answered'; readonly response: string }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'late'; readonly because: string }

/** `SmtpClient` on a link. */
export class NodemailerClient implements SmtpClient {
  readonly extensions: ReadonlyMap<string, string>
  readonly maxRecipients: number
  readonly tls: SmtpClient['tls']
  readonly localAddress: string | undefined
  readonly #link: ClientLink
  readonly #deadlines: ClientDeadlines
  #needsReset = false
  /** When the peer last said or took something. */
  #movedAt = performance.now()

  constructor(link: ClientLink, host: string, deadlines: ClientDeadlines) {
    this.#link = link
    this.#deadlines = deadlines
    this.extensions = link.extensions
    const limit = /(?:^| )RCPTMAX=(\d{1,6})(?: |$)/i.exec(this.extensions.get('LIMITS') ?? '')
    this.maxRecipients = Math.max(1, Number(limit?.[1] ?? 100))
    const { socket } = link
    this.tls = socket instanceof TLSSocket ? peerOf(socket, host) : undefined
    this.localAddress = socket?.localAddress
  }

  get usable(): boolean {
    return !this.#link.destroyed && this.#link.socket?.writable === true
  }

  get stalledMs(): number {
    return performance.now() - this.#movedAt
  }

  get isDotSent(): boolean {
    return this.#link.isDotSent
  }

  async send(message: OutboundMessage, signal?: AbortSignal): Promise<SendResult> {
    const refusals = localRefusals(message, this.extensions, this.tls !== undefined)
    const recipients = message.recipients.filter(({ address }) => !refusals.has(address))
    if (recipients.length === 0) return this.#result(message, refusals)
    if (!(await this.#reset(signal))) {
      for (const { address } of recipients)
        refusals.set(address, deferred('the connection is gone'))
      return this.#result(message, refusals)
    }
    const ending = await this.#exchange({ ...message, recipients }, signal)
    const outcomes = this.#judge(
      recipients.map(({ address }) => address),
      ending,
    )
    return this.#result(message, new Map([...refusals, ...outcomes]))
  }

  async quit(): Promise<void> {
    if (!this.usable) {
      this.#link.cut()
      return
    }
    const ended = new Promise<void>((resolve) => {
      this.#link.once('end', resolve)
    })
    const timer = setTimeout(() => this.#link.cut(), QUIT_MS)
    this.#link.quit()
    await ended
    clearTimeout(timer)
  }

  destroy(): void {
    this.#link.cut()
  }

  /** RSET where the transaction before did not come to its end. */
  async #reset(signal: AbortSignal | undefined): Promise<boolean> {
    if (!this.usable || signal?.aborted === true) return false
    if (!this.#needsReset) return true
    const ending = await this.#await(signal, (done) => {
      this.#link.reset((error) =>
        done(error === null ? { kind: 'answered', response: '250' } : { kind: 'failed', error }),
      )
    })
    this.#needsReset = ending.kind !== 'answered'
    if (this.#needsReset) this.#link.cut()
    return !this.#needsReset
  }

  async #exchange(message: OutboundMessage, signal: AbortSignal | undefined): Promise<Ending> {
    const link = this.#link
    const size = message.octets.reduce((sum, piece) => sum + piece.length, 0)
    link.isDotSent = false
    link.isWhole = size <= PIECE
    link.parameters = wireParameters(message, this.extensions)
    const envelope = {
      from: message.sender === '' ? (false as const) : message.sender,
      to: message.recipients.map(({ address }) => address),
      size,
      use8BitMime: message.isEightBit,
    }
    return await this.#await(signal, (done) => {
      link.send(
        envelope,
        link.isWhole
          ? Buffer.concat(message.octets)
          : Readable.from(pieces(message.octets), { objectMode: false }),
        (error, info) =>
          done(
            error === null && info !== undefined
              ? { kind: 'answered', response: info.response }
              : { kind: 'failed', error },
          ),
      )
    })
  }

  /** Waits for nodemailer's callback, the connection's end, the deadline of the step, or the abort. */
  async #await(
    signal: AbortSignal | undefined,
    begin: (done: (ending: Ending) => void) => void,
  ): Promise<Ending> {
    const link = this.#link
    const { commandMs, dataBlockMs, dataEndMs } = this.#deadlines
    const settled = Promise.withResolvers<Ending>()
    const give = (because: string) => settled.resolve({ kind: 'late', because })
    // nodemailer says that it is over before it says why.
    const onEnd = () => setImmediate(give, 'the connection was closed')
    const onAbort = () => give('aborted')
    let timer: NodeJS.Timeout | undefined
    const arm = (ms: number) => {
      clearTimeout(timer)
      timer = setTimeout(() => give(`no answer within ${ms} ms`), ms)
    }
    arm(commandMs)
    this.#movedAt = performance.now()
    // nodemailer looks for a reply once more when the dot is sent: no reply, no other deadline.
    link.onProgress = (step) => {
      this.#movedAt = performance.now()
      arm(
        { reply: link.isDotSent ? dataEndMs : commandMs, data: dataBlockMs, dot: dataEndMs }[step],
      )
    }
    link.once('end', onEnd)
    signal?.addEventListener('abort', onAbort, { once: true })
    begin(settled.resolve)
    const ending = await settled.promise
    clearTimeout(timer)
    link.onProgress = () => undefined
    link.off('end', onEnd)
    signal?.removeEventListener('abort', onAbort)
    if (ending.kind === 'late') link.cut()
    return ending
  }

  #judge(addresses: readonly string[], ending: Ending): ReadonlyMap<string, RecipientOutcome> {
    const own = new Map<string, RecipientOutcome>()
    for (const { recipient, response } of this.#link.refused) {
      if (recipient !== undefined) own.set(recipient, judgeRecipient(response))
    }
    const rest = this.#judgeMessage(ending)
    return new Map(addresses.map((address) => [address, own.get(address) ?? rest]))
  }

  /** What became of the recipients that were not refused one by one. */
  #judgeMessage(ending: Ending): RecipientOutcome {
    this.#needsReset = ending.kind !== 'answered'
    if (ending.kind === 'answered') {
      const reply = parseReply(ending.response)
      if (reply !== undefined) return { kind: 'delivered', reply }
      this.#link.cut()
      return { kind: 'unknown', because: 'the reply to the message makes no sense' }
    }
    if (ending.kind === 'late') return this.#unanswered(ending.because)
    const { response, command } = wordsOf(ending.error)
    const reply = response === undefined ? undefined : parseReply(response)
    if (reply !== undefined && command !== 'CONN') return judgeReply(reply)
    if (reply !== undefined && !this.#link.isDotSent) {
      // Words in passing, as the connection went: no verdict on the message.
      return { kind: 'deferred', reply, because: describeReply(reply) }
    }
    const because = ending.error instanceof Error ? ending.error.message : String(ending.error)
    this.#link.cut()
    return this.#unanswered(because.slice(0, 500))
  }

  #unanswered(because: string): RecipientOutcome {
    return this.#link.isDotSent ? { kind: 'unknown', because } : deferred(because)
  }

  #result(message: OutboundMessage, outcomes: ReadonlyMap<string, RecipientOutcome>): SendResult {
    return {
      recipients: message.recipients.map(({ address }) => ({
        address,
        outcome: outcomes.get(address) ?? deferred('not tried'),
      })),
      reusable: this.usable,
    }
  }
}

/** A refusal at RCPT. 552 without better words is `too many recipients`: later (RFC 5321 §4.5.3.1.10). */
function judgeRecipient(response: string | undefined): RecipientOutcome {
  const reply = response === undefined ? undefined : parseReply(response)
  if (reply === undefined) return deferred('the reply to RCPT makes no sense')
  const isTooMany = reply.code === 552 && (reply.enhanced ?? '5.5.3') === '5.5.3'
  return isTooMany ? { kind: 'deferred', reply, because: describeReply(reply) } : judgeReply(reply)
}

function judgeReply(reply: Reply): RecipientOutcome {
  if (reply.code >= 500) return { kind: 'bounced', reply, local: false }
  return { kind: 'deferred', reply, because: describeReply(reply) }
}

function deferred(because: string): RecipientOutcome {
  return { kind: 'deferred', because }
}

function* pieces(octets: readonly Buffer[]): Generator<Buffer> {
  for (const part of octets) {
    for (let at = 0; at < part.length; at += PIECE) yield part.subarray(at, at + PIECE)
  }
}
