import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { defaultPassword } from '@posthouse/testkit'
import { expectedAnswers, messageCount } from './downloaded-maildrop.ts'

/*
 * A program of its own: POP3 clients that download at once. They must not share a thread with the server, or the test
 * would look at how they starve one another. Arguments: port, sessions of an account, addresses.
 */

/** What this program tells whoever started it, in this order. */
export type ClientsReport =
  | 'signed-in'
  /** Every client has the first octets of its answers, and takes no more until it is told to. */
  | 'all-waiting'
  /** One line for each client that did not get what it should have got. */
  | { readonly wrong: readonly string[] }

/** What it waits for. */
export type ClientsOrder = 'begin' | 'go-on'

/** Longest silence of the server. */
const silenceMs = 5 * 60_000

const expected = expectedAnswers()

/** One download, held against what it should be octet by octet. */
class Download {
  readonly #socket: Socket
  readonly #first = Promise.withResolvers<void>()
  readonly #end = Promise.withResolvers<string | undefined>()
  #got = 0
  /** What stands behind the answers: QUIT's. */
  #rest = ''

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Asks for everything, and waits for the first octets only. */
  begin(): Promise<void> {
    this.#socket.on('data', (octets) => this.#take(octets))
    this.#socket.once('close', () => this.#closed())
    const commands = Array.from({ length: messageCount }, (_, i) => `RETR ${i + 1}\r\n`)
    this.#socket.write(`${commands.join('')}QUIT\r\n`)
    return this.#first.promise
  }

  /** Takes the rest. @returns what is wrong with it */
  goOn(): Promise<string | undefined> {
    this.#socket.resume()
    return this.#end.promise
  }

  #take(octets: Buffer): void {
    if (this.#got === 0) {
      this.#socket.pause()
      this.#first.resolve()
    }
    const answers = octets.subarray(0, expected.length - this.#got)
    const wanted = expected.subarray(this.#got, this.#got + answers.length)
    if (!answers.equals(wanted)) {
      this.#end.resolve(`at octet ${this.#got}: ${answers.toString('latin1', 0, 100)}`)
      this.#socket.destroy()
    }
    this.#got += answers.length
    this.#rest += octets.toString('latin1', answers.length)
  }

  #closed(): void {
    this.#first.resolve()
    const isWhole = this.#got === expected.length && /^\+OK [^\r\n]*\r\n$/.test(this.#rest)
    this.#end.resolve(isWhole ? undefined : `over at ${this.#got}: ${this.#rest.slice(0, 100)}`)
  }
}

async function signIn(port: number, address: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.setTimeout(silenceMs, () => socket.destroy(new Error('the server is silent')))
  socket.on('error', () => undefined)
  await answer(socket)
  for (const line of [`USER ${address}`, `PASS ${defaultPassword}`]) {
    socket.write(`${line}\r\n`)
    await answer(socket)
  }
  return socket
}

/** A line of an answer that is alone on the connection. */
async function answer(socket: Socket): Promise<void> {
  let text = ''
  while (!text.endsWith('\r\n')) {
    const given: unknown[] = await once(socket, 'data')
    text += String(given[0])
  }
  if (!text.startsWith('+OK')) throw new Error(text)
}

function say(report: ClientsReport): void {
  process.send?.(report)
}

async function heard(order: ClientsOrder): Promise<void> {
  const [message]: unknown[] = await once(process, 'message')
  if (message !== order) throw new Error(`${order} was expected`)
}

async function main([port, perAccount, ...addresses]: readonly string[]): Promise<void> {
  const downloads: Download[] = []
  // One after another: passwords are checked at their own pace, and that is not what is looked at here.
  for (const address of addresses) {
    for (let n = 0; n < Number(perAccount); n++) {
      downloads.push(new Download(await signIn(Number(port), address)))
    }
  }
  say('signed-in')
  await heard('begin')
  await Promise.all(downloads.map((one) => one.begin()))
  say('all-waiting')
  await heard('go-on')
  const ends = await Promise.all(downloads.map((one) => one.goOn()))
  say({ wrong: ends.filter((end) => end !== undefined) })
  process.disconnect()
}

await main(process.argv.slice(2))
