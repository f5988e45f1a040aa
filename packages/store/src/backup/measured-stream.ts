import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'

/** A stream that lets octets through, counts them and names them by their SHA-256. */
export class MeasuredStream extends Transform {
  readonly #hash = createHash('sha256')
  readonly #told: (bytes: number) => void
  bytes = 0

  /** `told` is called with each piece's length. */
  constructor(told: (bytes: number) => void = () => undefined) {
    super()
    this.#told = told
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error: null, chunk: Buffer) => void,
  ): void {
    this.#hash.update(chunk)
    this.bytes += chunk.length
    this.#told(chunk.length)
    done(null, chunk)
  }

  /** In hex; once, at the end. */
  sha256(): string {
    return this.#hash.digest('hex')
  }
}
