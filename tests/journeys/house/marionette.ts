import assert from 'node:assert/strict'
import net from 'node:net'

/**
 * A client of Marionette, the remote protocol of Mozilla's programs: messages are `LENGTH:JSON`, commands
 * `[0, id, name, parameters]`, answers `[1, id, error, result]`.
 */
export class Marionette {
  readonly #socket: net.Socket
  readonly #waiting = new Map<number, (error: unknown, result: unknown) => void>()
  #input = Buffer.alloc(0)
  #lastId = 0

  private constructor(socket: net.Socket) {
    this.#socket = socket
    socket.on('data', (piece: Buffer) => this.#heard(piece))
    socket.on('error', () => undefined)
    socket.on('close', () => this.#ended())
  }

  /** Connects, and opens a session in which scripts have the rights of the program itself. */
  static async connect(port: number): Promise<Marionette> {
    const socket = net.connect({ host: '127.0.0.1', port })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject)
    })
    const client = new Marionette(socket)
    await client.send('WebDriver:NewSession', { capabilities: {} })
    await client.send('Marionette:SetContext', { value: 'chrome' })
    await client.send('WebDriver:SetTimeouts', { script: 120_000 })
    return client
  }

  /** Runs the body of an async function in the program; returns what it returns. */
  async run(script: string, args: readonly unknown[]): Promise<unknown> {
    const parameters = { script, args, newSandbox: true, sandbox: 'system' }
    const answer = await this.send('WebDriver:ExecuteScript', parameters)
    assert.ok(typeof answer === 'object' && answer !== null && 'value' in answer)
    return answer.value
  }

  /** Sends a command, and returns the answer to it. */
  send(name: string, parameters: unknown): Promise<unknown> {
    this.#lastId += 1
    const id = this.#lastId
    const text = JSON.stringify([0, id, name, parameters])
    this.#socket.write(`${Buffer.byteLength(text)}:${text}`)
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (error, result) => {
        if (error === null) resolve(result)
        else reject(new Error(`${name}: ${JSON.stringify(error)}`))
      })
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #heard(piece: Buffer): void {
    this.#input = Buffer.concat([this.#input, piece])
    for (;;) {
      const colon = this.#input.indexOf(':')
      if (colon === -1) return
      const end = colon + 1 + Number(this.#input.toString('latin1', 0, colon))
      if (this.#input.length < end) return
      const message: unknown = JSON.parse(this.#input.toString('utf8', colon + 1, end))
      this.#input = this.#input.subarray(end)
      // The greeting is no list.
      if (!Array.isArray(message)) continue
      const [, id, error, result] = message as unknown[]
      const answer = this.#waiting.get(Number(id))
      this.#waiting.delete(Number(id))
      answer?.(error, result)
    }
  }

  #ended(): void {
    for (const answer of this.#waiting.values()) answer({ error: 'the program has ended' }, null)
    this.#waiting.clear()
  }
}
