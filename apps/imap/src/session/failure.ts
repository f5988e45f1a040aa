import { ImapSyntaxError, searchCharsets } from '@posthouse/imap-wire'
import { StoreUnavailable } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { bad, no, type Completion } from './completion.ts'
import { refusal } from './refusals.ts'
import { farewell, SessionOver } from './session-over.ts'

/**
 * The one place that turns what was thrown into an answer: a mistake of the client into BAD (or NO,
 * where the grammar was kept), a database that is away into `NO [UNAVAILABLE]`, anything else into
 * `NO [SERVERBUG]`. The reason goes to the log, never to the client.
 *
 * @throws SessionOver where nobody knows whether a change was made: NO would say that it was not (RFC 3501 §7.1.2), and a
 * client that loses its connection looks for itself.
 */
export function completionOf(error: unknown, name: string, log: Log): Completion {
  if (error instanceof ImapSyntaxError) return mistake(error)
  if (error instanceof StoreUnavailable) {
    log.warn('imap.store.unavailable', { command: name, reason: error.reason, error })
    if (error.outcome === 'unknown' && changes(name)) throw new SessionOver(farewell.unknown)
    return refusal.unavailable
  }
  log.error('imap.command.bug', { command: name, error })
  return refusal.bug
}

/** Reads never leave anything open. */
function changes(name: string): boolean {
  return changing.has(name.replace(/^UID /, ''))
}

const changing = new Set(['APPEND', 'COPY', 'MOVE', 'REPLACE', 'STORE', 'EXPUNGE', 'CLOSE'])

function mistake(error: ImapSyntaxError): Completion {
  const text = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}`
  if (error.code === undefined) return bad(`${text} (at octet ${error.position})`)
  if (error.code === 'BADCHARSET') return no(text, { code: 'BADCHARSET', charsets: searchCharsets })
  return no(text, error.code)
}
