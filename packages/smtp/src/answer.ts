import type { ChunkReceiver } from './chunk-receiver.ts'
import type { DataReceiver } from './data-receiver.ts'
import type { Reply } from './reply.ts'

/** What follows a reply. */
export type Step =
  | { readonly kind: 'close' }
  | { readonly kind: 'tls' }
  | { readonly kind: 'data'; readonly receiver: DataReceiver }

/** What a verb comes to: a reply, and perhaps what happens when it is written. */
export interface Reaction {
  readonly reply: Reply
  readonly step?: Step
}

/** What happens without a reply before it: a chunk is read, or the greeting is said to another client. */
export interface Unanswered {
  readonly reply?: undefined
  readonly step:
    | { readonly kind: 'chunk'; readonly receiver: ChunkReceiver }
    | { readonly kind: 'again' }
}

/** Either. */
export type Answer = Reaction | Unanswered

/** A reply after which the connection is closed. */
export function goodbye(words: Reply): Reaction {
  return { reply: words, step: { kind: 'close' } }
}
