import { formatUidSet } from './sequence-set.ts'

/**
 * Response codes without arguments (RFC 3501 §7.1, RFC 5530 §3, RFC 3516 §4.3, RFC 7889 §4,
 * RFC 5182 §2.5, RFC 7162 §3.2.11).
 */
export type PlainCode =
  | 'ALERT'
  | 'ALREADYEXISTS'
  | 'AUTHENTICATIONFAILED'
  | 'AUTHORIZATIONFAILED'
  | 'CANNOT'
  | 'CLIENTBUG'
  | 'CLOSED'
  /** RFC 4978 §3. */
  | 'COMPRESSIONACTIVE'
  | 'CONTACTADMIN'
  | 'CORRUPTION'
  | 'EXPIRED'
  | 'EXPUNGEISSUED'
  | 'HASCHILDREN'
  | 'INUSE'
  | 'LIMIT'
  | 'NONEXISTENT'
  | 'NOPERM'
  | 'NOTSAVED'
  | 'OVERQUOTA'
  | 'PARSE'
  | 'PRIVACYREQUIRED'
  | 'READ-ONLY'
  | 'READ-WRITE'
  | 'SERVERBUG'
  | 'TOOBIG'
  | 'TRYCREATE'
  | 'UIDNOTSTICKY'
  | 'UNAVAILABLE'
  | 'UNKNOWN-CTE'
  | 'USEATTR'

/** `resp-text-code` (RFC 3501 §9 and the RFCs named). */
export type ResponseCode =
  | PlainCode
  | { readonly code: 'BADCHARSET'; readonly charsets: readonly string[] }
  | { readonly code: 'CAPABILITY'; readonly names: readonly string[] }
  | { readonly code: 'PERMANENTFLAGS'; readonly flags: readonly string[] }
  | {
      readonly code: 'UIDNEXT' | 'UIDVALIDITY' | 'UNSEEN' | 'HIGHESTMODSEQ'
      readonly value: number
    }
  /** RFC 8474 §4.1, §4.2. */
  | { readonly code: 'MAILBOXID'; readonly id: string }
  /** RFC 4315 §3; several UIDs for a MULTIAPPEND. */
  | { readonly code: 'APPENDUID'; readonly uidValidity: number; readonly uids: readonly number[] }
  /** RFC 4315 §3; the sets correspond UID by UID. */
  | {
      readonly code: 'COPYUID'
      readonly uidValidity: number
      readonly from: readonly number[]
      readonly to: readonly number[]
    }

  /** Messages, by number or UID, that UNCHANGEDSINCE spared (RFC 7162 §3.1.3). */
  | { readonly code: 'MODIFIED'; readonly messages: readonly number[] }
  /** How far the command with this tag has come (RFC 9585 §4). */
  | {
      readonly code: 'INPROGRESS'
      readonly tag: string
      readonly done: number
      /** Undefined: not known. */
      readonly goal: number | undefined
    }

/** The status words; PREAUTH is a greeting only. */
export type StatusWord = 'OK' | 'NO' | 'BAD' | 'BYE' | 'PREAUTH'

/** `tag SP resp-cond-state CRLF`: how every command ends. */
export function formatTagged(
  tag: string,
  status: 'OK' | 'NO' | 'BAD',
  text: string,
  code?: ResponseCode,
): Buffer {
  return Buffer.from(`${tag} ${status} ${respText(text, code)}\r\n`, 'latin1')
}

/** `* OK …`, `* NO …`, `* BAD …`, `* BYE …`, `* PREAUTH …`. */
export function formatUntaggedStatus(
  status: StatusWord,
  text: string,
  code?: ResponseCode,
): Buffer {
  return Buffer.from(`* ${status} ${respText(text, code)}\r\n`, 'latin1')
}

/** `+ text`: go ahead (RFC 3501 §7.5). The text is a server challenge in base64, or for people. */
export function formatContinuation(text = ''): Buffer {
  // "+" SP (resp-text / base64): the space stays even when there is no text.
  return Buffer.from(`+ ${printable(text)}\r\n`, 'latin1')
}

/** `resp-text = ["[" resp-text-code "]" SP] text`. */
function respText(text: string, code: ResponseCode | undefined): string {
  const clean = printable(text)
  // text = 1*TEXT-CHAR; a text that began with "[" would be read as a code.
  const words = clean === '' ? 'done' : clean.startsWith('[') ? `- ${clean}` : clean
  return code === undefined ? words : `[${formatCode(code)}] ${words}`
}

/** Without control characters and octets above 127: nothing that is put here can break a line. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}

/** A response code without its brackets. */
export function formatCode(code: ResponseCode): string {
  if (typeof code === 'string') return code
  switch (code.code) {
    case 'BADCHARSET':
      return `BADCHARSET (${code.charsets.join(' ')})`
    case 'CAPABILITY':
      return `CAPABILITY ${code.names.join(' ')}`
    case 'PERMANENTFLAGS':
      return `PERMANENTFLAGS (${code.flags.join(' ')})`
    case 'APPENDUID':
      return `APPENDUID ${code.uidValidity} ${formatUidSet(code.uids)}`
    case 'COPYUID':
      return `COPYUID ${code.uidValidity} ${formatUidSet(code.from)} ${formatUidSet(code.to)}`
    case 'MAILBOXID':
      return `MAILBOXID (${code.id})`
    case 'MODIFIED':
      return `MODIFIED ${formatUidSet(code.messages)}`
    case 'INPROGRESS':
      return `INPROGRESS (${progressTag(code.tag)} ${progress(code.done, code.goal)})`
    default:
      return `${code.code} ${code.value}`
  }
}

/** A tag with `]` would end the code: NIL then (RFC 9585 §4). A tag holds no quote and no backslash. */
function progressTag(tag: string): string {
  return tag.includes(']') ? 'NIL' : `"${tag}"`
}

/** The goal is greater than what is done, and positive (RFC 9585 §4). */
function progress(done: number, goal: number | undefined): string {
  return goal === undefined || goal <= done ? `${done} NIL` : `${done} ${goal}`
}
