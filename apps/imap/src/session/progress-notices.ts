import { formatUntaggedStatus } from '@posthouse/imap-wire'
import { limits } from '../limits.ts'
import type { Progress } from './conversation.ts'

/** Decides when the client of one long command is told how far it has come (RFC 9585 §4). */
export class ProgressNotices {
  readonly #tag: string
  #last: number

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(tag: string, now: number) {
    this.#tag = tag
    this.#last = now
  }

  /** The notice, where it is time for one. */
  notice({ done, goal }: Progress, now: number): Buffer | undefined {
    if (now - this.#last < limits.progressMs) return undefined
    this.#last = now
    const code = { code: 'INPROGRESS', tag: this.#tag, done, goal } as const
    return formatUntaggedStatus('OK', 'Still at it', code)
  }
}
