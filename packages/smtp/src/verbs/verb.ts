import type { Answer } from '../answer.ts'
import type { Conversation } from '../conversation.ts'

/** One SMTP command. */
export interface Verb {
  readonly names: readonly string[]
  /** `none`: an argument is an error (RFC 5321 §4.1.1). */
  readonly argument: 'none' | 'any'
  /** Only after EHLO or HELO (RFC 5321 §4.1.4). */
  readonly needsHello: boolean
  run<User, Target>(
    conversation: Conversation<User, Target>,
    argument: string,
  ): Promise<Answer> | Answer
}
