/** What a mechanism wants next. */
export type SaslStep =
  /** Send this challenge (not yet base64) and hand the answer to `step`. */
  | { readonly kind: 'continue'; readonly challenge: Buffer }
  /** The exchange is over; whether it is true is for the accounts to say. */
  | {
      readonly kind: 'credentials'
      /** Who to act as; empty: the login itself. Any other name than the login is to be refused. */
      readonly authzid: string
      readonly login: string
      readonly password: string
    }
  /** The client broke the mechanism's grammar. `because` is for the log. */
  | { readonly kind: 'malformed'; readonly because: string }

/** One authentication exchange. Good for one attempt. */
export interface SaslMachine {
  readonly name: string
  /** What to send when the client gave no initial response. */
  start(): SaslStep
  /** Take a response of the client: octets, base64 already undone. */
  step(response: Buffer): SaslStep
}

/** A refusal. */
export function malformed(because: string): SaslStep {
  return { kind: 'malformed', because }
}

/** Longest login or password, in octets. RFC 4616 §2 asks for 255; generators make longer ones. */
const maxFieldOctets = 1024

/**
 * A login or password as text: UTF-8, not empty, without NUL, in NFC (the part of SASLprep and
 * PRECIS that changes what people type; RFC 8265 §4.2.2). `undefined` when it is none.
 */
export function prepareField(octets: Buffer): string | undefined {
  if (octets.length === 0 || octets.length > maxFieldOctets || octets.includes(0)) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
    return text.normalize('NFC')
  } catch {
    return undefined
  }
}
