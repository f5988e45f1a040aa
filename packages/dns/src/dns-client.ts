import { Gate } from './gate.ts'
import { buildQuery, type Question, type QueryOptions } from './query.ts'
import type { DnsReply } from './reply.ts'
import { describeServer, type ServerAddress } from './server-address.ts'
import { overTcp, overUdp } from './transports.ts'

/** How long servers are waited for. */
export interface ClientLimits {
  /** First wait for an answer; it doubles with each round. */
  readonly timeoutMs: number
  /** Rounds over all servers. */
  readonly tries: number
  /** For one question in all, whatever comes. */
  readonly deadlineMs: number
}

/** What asking came to. */
export type ClientAnswer =
  | { readonly kind: 'reply'; readonly reply: DnsReply; readonly server: ServerAddress }
  | { readonly kind: 'failed'; readonly because: string }

/** How long one exchange may take: a wait of its own, and the end of all (`performance.now()`). */
export interface Patience {
  readonly waitMs: number
  readonly deadline: number
}

/** Questions under way at once: each has a socket of its own. */
const maxQuestions = 256

const FORMERR = 1
const NXDOMAIN = 3
const NOTIMP = 4
const rcodeNames = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

/** Asks servers, in rounds, until one has an answer. */
export class DnsClient {
  readonly #limits: ClientLimits
  readonly #gate = new Gate(maxQuestions)
  /** Servers that did not know EDNS, by address. */
  readonly #plain = new Set<string>()
  /** The server that answered last goes first: one that is away is not waited for by each question. */
  #first = 0

  constructor(limits: ClientLimits) {
    this.#limits = limits
  }

  /** Asks; NOERROR and NXDOMAIN are answers, all else is the next server's turn. */
  async ask(question: Question, servers: readonly ServerAddress[]): Promise<ClientAnswer> {
    const deadline = performance.now() + this.#limits.deadlineMs
    const leave = await this.#gate.enter(this.#limits.deadlineMs)
    if (leave === undefined) return { kind: 'failed', because: 'too many questions under way' }
    try {
      return await this.#rounds(question, servers, deadline)
    } finally {
      leave()
    }
  }

  async #rounds(
    question: Question,
    servers: readonly ServerAddress[],
    deadline: number,
  ): Promise<ClientAnswer> {
    const reasons = new Map<ServerAddress, string>()
    const given = new Set<ServerAddress>()
    for (let round = 0; round < this.#limits.tries; round++) {
      for (const [index, server] of this.#order(servers)) {
        const left = deadline - performance.now()
        if (given.has(server) || left <= 0) continue
        const waitMs = Math.min(this.#limits.timeoutMs * 2 ** round, left)
        const answer = await this.askServer(server, question, { waitMs, deadline })
        if (answer.kind === 'reply' && isAnswer(answer.reply)) {
          this.#first = index
          return answer
        }
        // What a server said it will say again; one that was silent may have lost a datagram.
        if (answer.kind === 'reply') given.add(server)
        reasons.set(server, answer.kind === 'reply' ? rcodeName(answer.reply) : answer.because)
      }
    }
    const all = [...reasons].map(([server, reason]) => `${reason} from ${describeServer(server)}`)
    return { kind: 'failed', because: all.join(', ') || 'no time left to ask' }
  }

  /** One exchange with one server: over TCP when the reply is truncated, without EDNS where that is not known. */
  async askServer(
    server: ServerAddress,
    question: Question,
    patience: Patience,
    checkingDisabled = false,
  ): Promise<ClientAnswer> {
    const key = describeServer(server)
    const edns = !this.#plain.has(key)
    const answer = await exchange(server, question, { edns, checkingDisabled }, patience)
    if (!edns || answer.kind !== 'reply' || !isUnversed(answer.reply)) return answer
    // RFC 6891 §7: who does not know OPT says FORMERR or NOTIMP.
    const again = await exchange(server, question, { edns: false, checkingDisabled }, patience)
    if (again.kind === 'reply' && isAnswer(again.reply)) this.#plain.add(key)
    return again
  }

  *#order(servers: readonly ServerAddress[]): Generator<readonly [number, ServerAddress]> {
    for (let i = 0; i < servers.length; i++) {
      const index = (this.#first + i) % servers.length
      const server = servers[index]
      if (server !== undefined) yield [index, server]
    }
  }
}

async function exchange(
  server: ServerAddress,
  question: Question,
  options: QueryOptions,
  { waitMs, deadline }: Patience,
): Promise<ClientAnswer> {
  const query = buildQuery(question, options)
  const wait = () => Math.max(1, Math.min(waitMs, deadline - performance.now()))
  const short = await overUdp(server, query, wait())
  // The answer is there, and only too long: TCP has a wait of its own.
  const answer = short.kind === 'truncated' ? await overTcp(server, query, wait()) : short
  if (answer.kind === 'reply') return { ...answer, server }
  return {
    kind: 'failed',
    because: answer.kind === 'failed' ? answer.because : 'truncated over TCP',
  }
}

function isAnswer({ rcode }: DnsReply): boolean {
  return rcode === 0 || rcode === NXDOMAIN
}

function isUnversed({ rcode }: DnsReply): boolean {
  return rcode === FORMERR || rcode === NOTIMP
}

function rcodeName({ rcode }: DnsReply): string {
  return rcodeNames[rcode] ?? `RCODE ${rcode}`
}
