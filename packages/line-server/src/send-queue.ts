import { returnSendBuffer, sendBufferBytes, takeSendBuffer } from './send-buffers.ts'

/** Pieces of at most this many octets leave in one part: the end of a message is not torn from what is before it. */
const wholeBytes = 4096

/** Text up to this length is put together as text first. */
const shortText = 1024

/** Octets ready for the socket. */
export interface SendPart {
  readonly octets: Buffer
  /** To be called when the system has taken them, and not at all where that is unknown. */
  release(): void
}

/** What was written and not handed to the socket yet: copied together into parts of up to 64 KiB. */
export class SendQueue {
  readonly #full: SendPart[] = []
  #text = ''
  #buffer: Buffer | undefined
  #filled = 0
  #size = 0

  /** Octets held. */
  get size(): number {
    return this.#size
  }

  /** Takes text, in UTF-8. */
  addText(text: string): void {
    if (text.length > shortText) {
      this.add(Buffer.from(text, 'utf8'))
      return
    }
    this.#text += text
    this.#size += text.length
    if (this.#text.length > wholeBytes / 2) this.#endText()
  }

  /** Copies the octets from `from` on, at most `most` of them. @returns where it stopped */
  add(octets: Buffer, from = 0, most = octets.length): number {
    this.#endText()
    const end = Math.min(octets.length, from + most)
    let at = from
    while (at < end) {
      const buffer = this.#roomFor(Math.min(end - at, wholeBytes))
      const stop = Math.min(end, at + buffer.length - this.#filled)
      this.#filled += octets.copy(buffer, this.#filled, at, stop)
      this.#size += stop - at
      at = stop
    }
    return at
  }

  /** A part that is full; or whatever there is, where it should leave now. */
  take(now: boolean): SendPart | undefined {
    if (now && this.#full.length === 0) this.#end()
    const part = this.#full.shift()
    if (part !== undefined) this.#size -= part.octets.length
    return part
  }

  /** Drops everything. */
  clear(): void {
    this.#full.length = 0
    this.#text = ''
    this.#buffer = undefined
    this.#filled = 0
    this.#size = 0
  }

  /** Short answers alone need no large buffer: hundreds of sessions may send one at the same moment. */
  #end(): void {
    if (this.#buffer === undefined && this.#text !== '') {
      const octets = Buffer.from(this.#text, 'utf8')
      this.#size += octets.length - this.#text.length
      this.#text = ''
      this.#full.push({ octets, release: () => undefined })
      return
    }
    this.#endText()
    this.#endBuffer()
  }

  #endText(): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    // No character takes more than three octets for each of its UTF-16 units.
    const buffer = this.#roomFor(text.length * 3)
    const length = buffer.write(text, this.#filled, 'utf8')
    this.#filled += length
    this.#size += length - text.length
  }

  #roomFor(length: number): Buffer {
    if (this.#buffer !== undefined && this.#filled + length <= sendBufferBytes) return this.#buffer
    this.#endBuffer()
    this.#buffer = takeSendBuffer()
    return this.#buffer
  }

  #endBuffer(): void {
    const buffer = this.#buffer
    if (buffer === undefined || this.#filled === 0) return
    const octets = buffer.subarray(0, this.#filled)
    this.#full.push({ octets, release: () => returnSendBuffer(buffer) })
    this.#buffer = undefined
    this.#filled = 0
  }
}
