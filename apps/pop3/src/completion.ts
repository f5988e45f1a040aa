import type { AccountSettings } from '@posthouse/store'
import type { Maildrop } from './maildrop.ts'

/** Extended response codes (RFC 2449 §8, RFC 3206). */
export type ResponseCode = 'AUTH' | 'IN-USE' | 'LOGIN-DELAY' | 'SYS/TEMP' | 'SYS/PERM'

/** What changes with a reply that has been sent. */
export type Transition =
  | {
      readonly kind: 'signed-in'
      readonly settings: AccountSettings
      readonly maildrop: Maildrop
    }
  | { readonly kind: 'end' }

/** The one reply to a command. */
export type Completion =
  | { readonly kind: 'ok'; readonly text: string; readonly next?: Transition }
  | {
      readonly kind: 'error'
      readonly text: string
      readonly code?: ResponseCode
      /** The client's mistake, which counts against it. */
      readonly isMistake?: boolean
      readonly next?: Transition
    }
  /** A multi-line reply that is ready: whole, stuffed and terminated (see `stuffedWhole`). */
  | { readonly kind: 'octets'; readonly text: string; readonly pieces: readonly Buffer[] }
  /** One that is made while it is sent, each piece when the one before has been taken (see `listed`, `stuffed`). */
  | {
      readonly kind: 'multi-line'
      readonly text: string
      readonly pieces: Iterable<string | Buffer> | AsyncIterable<Buffer>
    }
  /** Go ahead with TLS. */
  | { readonly kind: 'start-tls'; readonly text: string }

/** `+OK text`. */
export function ok(text: string, next?: Transition): Completion {
  return next === undefined ? { kind: 'ok', text } : { kind: 'ok', text, next }
}

/** A short list as a multi-line reply. Lines must not begin with a dot. */
export function listing(text: string, lines: Iterable<string>): Completion {
  return { kind: 'multi-line', text, pieces: [[...lines, '.', ''].join('\r\n')] }
}
