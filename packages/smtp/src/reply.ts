/** One SMTP reply: what a server says to a command (RFC 5321 §4.2, RFC 3463). */
export interface Reply {
  /** The three-digit code. */
  readonly code: number
  /** The enhanced status code, `class.subject.detail` (RFC 3463), where the reply carries one. */
  readonly enhanced?: string
  /** The words after the codes. The lines of a longer reply are separated by `\n`. */
  readonly text: string
}

/** Makes a reply; `reply(550, '5.1.1', 'No such mailbox')`. */
export function reply(code: number, enhanced: string | undefined, text: string): Reply {
  return enhanced === undefined ? { code, text } : { code, enhanced, text }
}

/** True for 2yz and 3yz: the command was taken. */
export function isPositive(answer: Reply): boolean {
  return answer.code < 400
}

/** Control characters, which never reach the wire inside a reply (they could split it). */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g

/** Longest text of one reply line, so that code, enhanced code and CRLF fit into 512 octets (RFC 5321 §4.5.3.1.5). */
const MAX_TEXT = 480

/**
 * The octets of a reply, every line with the code and the enhanced code (RFC 2034 §4), CRLF at the
 * end. Control characters in the text become spaces: whatever was quoted from a stranger cannot
 * split the reply.
 */
export function formatReply(answer: Reply): string {
  const enhanced = answer.enhanced === undefined ? '' : `${answer.enhanced} `
  const lines = answer.text.split('\n')
  return lines
    .map((line, i) => {
      const text = line.replace(CONTROLS, ' ').slice(0, MAX_TEXT)
      return `${answer.code}${i < lines.length - 1 ? '-' : ' '}${enhanced}${text}\r\n`
    })
    .join('')
}

/** A reply in one line, for logs and for the diagnostic code of a report. */
export function describeReply(answer: Reply): string {
  const enhanced = answer.enhanced === undefined ? '' : `${answer.enhanced} `
  return `${answer.code} ${enhanced}${answer.text.replaceAll('\n', ' ').replace(CONTROLS, ' ')}`
}

/** Most of a peer's words that are kept: enough to understand, too little to hurt. */
const MAX_KEPT_TEXT = 2048

/**
 * Reads a peer's reply, which may have several lines. The code and enhanced code of the last line
 * count (RFC 5321 §4.2.1: they are equal on all lines). Undefined for what is not a reply at all.
 */
export function parseReply(raw: string): Reply | undefined {
  const lines = raw.split(/\r?\n/).filter((line) => line !== '')
  const last = /^([2-5]\d\d)(?:[ -]|$)/.exec(lines.at(-1) ?? '')
  if (last?.[1] === undefined) return undefined
  const code = Number(last[1])
  let enhanced: string | undefined
  const texts = lines.map((line) => {
    const rest = line.slice(4)
    const status = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(rest)
    // An enhanced code of another class than the reply is a mistake of the peer (RFC 3463 §2).
    if (status?.[1] === undefined || status[1][0] !== last[1]?.[0]) return rest
    enhanced = status[1]
    return rest.slice(status[0].length)
  })
  return reply(code, enhanced, texts.join('\n').slice(0, MAX_KEPT_TEXT))
}
