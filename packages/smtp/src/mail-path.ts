import { normaliseDomain } from './mail-domain.ts'

/** A reverse-path or forward-path, read (RFC 5321 §4.1.2). */
export interface MailPath {
  /**
   * The address as we keep and send it: local part spelled as received but quoted only where it
   * must be, domain as lower-case A-labels. Empty for the null sender, `postmaster` alone for the
   * recipient without a domain.
   */
  readonly address: string
  /** Without quotes and backslashes. */
  readonly local: string
  /** Lower-case A-labels or an address literal; empty where there is none. */
  readonly domain: string
  /** The local part or the domain was written with characters beyond ASCII (RFC 6531 §3.3). */
  readonly isInternationalised: boolean
}

/** The null reverse-path, `<>`. */
export const nullPath: MailPath = { address: '', local: '', domain: '', isInternationalised: false }

/**
 * RFC 5321 §4.5.3.1.3, with the brackets. QUIRK: the local part alone may be longer than the 64
 * octets of §4.5.3.1.1, as senders that put a whole address into theirs need (VERP, SRS, Gmail's
 * forwarding).
 */
const MAX_PATH = 256

/** `atext` (RFC 5322 §3.2.3) and UTF8-non-ascii (RFC 6531 §3.3), one dot-string. */
const DOT_STRING =
  /^[\w!#$%&'*+/=?^`{|}~\u0080-\u{10ffff}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u0080-\u{10ffff}-]+)*$/u

/** Controls, invisible space and joiners that make one address look like another. */
const UNSAFE =
  /[\u0080-\u009f\u00a0\u200b\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufffd\ufffe\uffff]/

/** A-d-l of a source route, to be accepted and ignored (RFC 5321 §4.1.2, appendix C). */
const SOURCE_ROUTE = /^@[^\s@,:<>"]+(?:,@[^\s@,:<>"]+)*:/

/** What stands between the brackets; what follows them. */
export interface PathAndRest {
  readonly path: string
  readonly rest: string
}

/**
 * Cuts `<path> params` apart. A `>` inside a quoted local part does not end the path. Undefined
 * where there are no brackets around it.
 */
export function cutPath(text: string): PathAndRest | undefined {
  if (!text.startsWith('<')) return undefined
  let isQuoted = false
  for (let i = 1; i < text.length; i += 1) {
    const char = text[i]
    if (isQuoted && char === '\\') i += 1
    else if (char === '"') isQuoted = !isQuoted
    else if (!isQuoted && char === '>') return { path: text.slice(1, i), rest: text.slice(i + 1) }
    else if (!isQuoted && char === '<') return undefined
  }
  return undefined
}

/** Reads the inside of a path's brackets: `[A-d-l ":"] Mailbox`. Undefined where it is none. */
export function parsePath(text: string): MailPath | undefined {
  if (Buffer.byteLength(text) + 2 > MAX_PATH || UNSAFE.test(text)) return undefined
  const mailbox = text.replace(SOURCE_ROUTE, '')
  const cut = mailbox.startsWith('"') ? cutQuoted(mailbox) : cutPlain(mailbox)
  if (cut === undefined) return undefined
  const domain = normaliseDomain(cut.domain)
  if (domain === undefined) return undefined
  const local = cut.local.normalize('NFC')
  if (local === '') return undefined
  return {
    address: `${spellLocal(local)}@${domain}`,
    local,
    domain,
    isInternationalised: !isAscii(mailbox),
  }
}

/** A local part as it is written in an address: quoted only where it must be (RFC 5321 §4.1.2). */
export function spellLocal(local: string): string {
  if (DOT_STRING.test(local)) return local
  return `"${local.replace(/["\\]/g, (char) => `\\${char}`)}"`
}

/** Whether a text is ASCII alone. */
export function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^[\u0000-\u007f]*$/.test(text)
}

interface Cut {
  readonly local: string
  readonly domain: string
}

function cutPlain(mailbox: string): Cut | undefined {
  const at = mailbox.indexOf('@')
  if (at < 0) return undefined
  const local = mailbox.slice(0, at)
  return DOT_STRING.test(local) ? { local, domain: mailbox.slice(at + 1) } : undefined
}

/** `Quoted-string "@" …`: qtextSMTP and quoted-pairSMTP, no controls (RFC 5321 §4.1.2). */
function cutQuoted(mailbox: string): Cut | undefined {
  const match = /^"((?:[^"\\]|\\[ -~])*)"@(.*)$/s.exec(mailbox)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(match[1])) return undefined
  return { local: match[1].replace(/\\(.)/g, '$1'), domain: match[2] }
}
