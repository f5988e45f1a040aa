import { setTimeout } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import { sampleMail } from '../journeys/house/sample-mail.ts'
import { waitFor } from '../journeys/house/wait-for.ts'

const connections = 4
const patienceMs = 180_000

/**
 * Delivers numbered messages to a port as a patient server would: whatever is not answered with 250 is sent again,
 * until it is.
 */
export class DeliveryStream {
  readonly #port: number
  readonly #to: string
  readonly #count: number
  /** How often each message was sent: more than once if the answer to it was lost or was a temporary error. */
  readonly #sent = new Map<number, number>()
  /** How often each message's answer never came: then it may or may not have been kept. */
  readonly #unknown = new Map<number, number>()
  #done = 0

  constructor(port: number, to: string, count: number) {
    this.#port = port
    this.#to = to
    this.#count = count
  }

  /** How many messages were sent more than once. */
  get resent(): number {
    return [...this.#sent.values()].filter((times) => times > 1).length
  }

  /** Resolves when so many messages have got their 250. */
  async reached(count: number): Promise<void> {
    await waitFor(`${count} deliveries`, () => (this.#done >= count ? true : undefined), patienceMs)
  }

  /** Sends everything. */
  async run(): Promise<void> {
    const waiting = Array.from({ length: this.#count }, (_, index) => index)
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        await this.#sendUntilTaken(next)
    }
    await Promise.all(Array.from({ length: connections }, lane))
  }

  /**
   * Compares what is stored with what was acknowledged: every message at least once, and more than once only if an
   * answer to it was lost and it was sent again.
   */
  findings(stored: readonly number[]): readonly string[] {
    const times = new Map<number, number>()
    for (const number of stored) times.set(number, (times.get(number) ?? 0) + 1)
    const findings: string[] = []
    for (let number = 0; number < this.#count; number += 1) {
      const found = times.get(number) ?? 0
      const allowed = 1 + (this.#unknown.get(number) ?? 0)
      if (found === 0) findings.push(`message ${number} got its 250 and is lost`)
      if (found > allowed) findings.push(`message ${number} is there ${found} times`)
    }
    return findings
  }

  async #sendUntilTaken(number: number): Promise<void> {
    const deadline = Date.now() + patienceMs
    for (;;) {
      this.#sent.set(number, (this.#sent.get(number) ?? 0) + 1)
      const outcome = await this.#send(number)
      if (outcome === 'taken') break
      if (outcome === 'unknown') this.#unknown.set(number, (this.#unknown.get(number) ?? 0) + 1)
      if (Date.now() > deadline) throw new Error(`message ${number} was not taken`)
      await setTimeout(100)
    }
    this.#done += 1
  }

  /** A connection per message: the next one may find another process. */
  async #send(number: number): Promise<'taken' | 'refused' | 'unknown'> {
    const transport = createTransport({
      host: '127.0.0.1',
      port: this.#port,
      ignoreTLS: true,
      socketTimeout: 60_000,
    })
    try {
      await transport.sendMail({
        envelope: { from: 'a@elsewhere.test', to: this.#to },
        raw: sampleMail(number, 'a@elsewhere.test', this.#to),
      })
      return 'taken'
    } catch (error) {
      const code = error instanceof Error && 'responseCode' in error ? error.responseCode : 0
      if (typeof code === 'number' && code >= 500) throw error
      return typeof code === 'number' && code >= 400 ? 'refused' : 'unknown'
    } finally {
      transport.close()
    }
  }
}
