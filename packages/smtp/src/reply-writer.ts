import type { Socket } from 'node:net'
import { formatReply, type Reply } from './reply.ts'

/** Writes replies; those of one turn of the event loop leave in one segment (RFC 2920 §3.2). */
export class ReplyWriter {
  readonly #name: string
  #corked: Socket | undefined

  /** @param name our own */
  constructor(name: string) {
    this.#name = name
  }

  /** Writes one. */
  write(socket: Socket, answer: Reply): void {
    this.#cork(socket)
    socket.write(formatReply(this.#named(answer)))
  }

  /** What is written leaves now. */
  flush(): void {
    this.#corked?.uncork()
    this.#corked = undefined
  }

  /** 221 and 421 begin with our name (RFC 5321 §4.2.3). */
  #named(answer: Reply): Reply {
    const isNamed = answer.code === 221 || answer.code === 421
    return isNamed ? { ...answer, text: `${this.#name} ${answer.text}` } : answer
  }

  #cork(socket: Socket): void {
    if (this.#corked !== undefined) return
    this.#corked = socket
    socket.cork()
    setImmediate(() => this.flush())
  }
}
