import type net from 'node:net'
import type { Rudeness, Taken } from './sink.ts'
import { tokenIn } from './tokens.ts'

/** Between two octets of a host that drips. */
const dripMs = 300

/** Until a host that has fallen silent hangs up. */
const stallMs = 3000

/** One conversation of a remote host. */
export class SinkSession {
  readonly #socket: net.Socket
  /** Recipients that were seen before, for manners that show the first time only. */
  readonly #seen: Set<string>
  readonly #onTaken: (taken: Taken) => void
  readonly #rudeness: Rudeness | undefined
  #rest = ''
  #recipients: string[] = []
  #inData = false
  /** Answers nothing any more. */
  #isOver = false
  #saying: Promise<void> = Promise.resolve()

  constructor(
    socket: net.Socket,
    seen: Set<string>,
    onTaken: (taken: Taken) => void,
    rudeness: Rudeness | undefined,
  ) {
    this.#socket = socket
    this.#seen = seen
    this.#onTaken = onTaken
    this.#rudeness = rudeness
  }

  greet(): void {
    if (!this.#isRude('greeting')) this.#say('220 sink.test ESMTP')
  }

  take(chunk: Buffer): void {
    this.#rest += chunk.toString('latin1')
    if (this.#inData && this.#isRude('text')) return
    while (!this.#isOver) {
      const mark = this.#inData ? '\r\n.\r\n' : '\r\n'
      const end = this.#rest.indexOf(mark)
      if (end < 0) return
      const text = this.#rest.slice(0, end)
      this.#rest = this.#rest.slice(end + mark.length)
      if (this.#inData) this.#message(text)
      else this.#command(text)
    }
  }

  #command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase()
    if (this.#isRude(verb)) return
    if (verb === 'EHLO') return this.#say('250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME')
    if (verb === 'RCPT') return this.#recipient(/<([^>]*)>/.exec(line)?.[1] ?? '')
    if (verb === 'DATA') {
      if (this.#recipients.length === 0) return this.#say('554 5.5.1 no recipients')
      this.#inData = true
      return this.#say('354 go on')
    }
    if (verb === 'MAIL' || verb === 'RSET') this.#recipients = []
    if (verb === 'QUIT') return void this.#socket.end('221 2.0.0 bye\r\n')
    return this.#say('250 ok')
  }

  #recipient(address: string): void {
    const isFirst = !this.#seen.has(address)
    this.#seen.add(address)
    if (address.startsWith('no-')) return this.#say('550 5.1.1 nobody here')
    if (address.startsWith('grey-') && isFirst) return this.#say('451 4.7.1 try again')
    if (address.startsWith('stall-') && isFirst) return this.#stall()
    this.#recipients.push(address)
    this.#say('250 ok')
  }

  #message(text: string): void {
    this.#inData = false
    const token = tokenIn(text) ?? 'none'
    const cut = this.#recipients.find(
      (address) => address.startsWith('cut-') && !this.#seen.has(`cut ${address}`),
    )
    const recipients = this.#recipients
    this.#recipients = []
    const isCut = this.#isRude('dot') || cut !== undefined
    for (const recipient of recipients)
      this.#onTaken({ token, recipient, at: Date.now(), isCut: isCut || this.#isDripping })
    if (cut !== undefined) {
      this.#seen.add(`cut ${cut}`)
      this.#socket.destroy()
    }
    if (!isCut) this.#say('250 taken')
  }

  get #isDripping(): boolean {
    return this.#rudeness?.fault === 'drip'
  }

  /** Fails as it was told to, at the step it was told to; its answers end with that. */
  #isRude(step: string): boolean {
    if (this.#rudeness?.at !== step) return false
    switch (this.#rudeness.fault) {
      case 'drip':
        return false
      case 'stall':
        this.#stall()
        return true
      case 'nonsense':
        this.#say('banana\r\n\u00ff\u0000 1e9')
        this.#stall()
        return true
      case 'reset':
        this.#isOver = true
        this.#socket.resetAndDestroy()
        return true
    }
  }

  #stall(): void {
    this.#isOver = true
    setTimeout(() => this.#socket.destroy(), stallMs)
  }

  #say(text: string): void {
    const octets = Buffer.from(`${text}\r\n`, 'latin1')
    if (this.#isDripping) this.#saying = this.#saying.then(() => this.#drip(octets))
    else this.#socket.write(octets)
  }

  async #drip(octets: Buffer): Promise<void> {
    for (let n = 0; n < octets.length && !this.#socket.destroyed; n++) {
      this.#socket.write(octets.subarray(n, n + 1))
      await new Promise((resolve) => setTimeout(resolve, dripMs))
    }
  }
}
