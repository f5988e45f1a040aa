/** Lines are folded where they would be longer (RFC 5322 §2.1.1). */
const lineLength = 78
/** What foreign text in a comment may take. */
const maxComment = 120

/**
 * A whole field. Each group begins a line of its own, but for the first; within a group a piece goes on the line if it fits, else
 * on a new one. Ends in CRLF. Pieces are ASCII without line ends.
 */
export function foldedField(name: string, groups: readonly (readonly string[])[]): string {
  const lines: string[] = []
  let line = `${name}:`
  for (const [at, group] of groups.entries()) {
    for (const [index, piece] of group.entries()) {
      const isNewGroup = at > 0 && index === 0
      if (!isNewGroup && line.length + 1 + piece.length <= lineLength) line += ` ${piece}`
      else {
        lines.push(line)
        line = `\t${piece}`
      }
    }
  }
  return `${[...lines, line].join('\r\n')}\r\n`
}

/** `ccontent` of a comment (RFC 5322 §3.2.2) out of any text: ASCII, no parentheses or backslashes, one line, cut. */
export function comment(text: string): string {
  const clean = text
    .slice(0, maxComment * 2)
    .replace(/[^\x20-\x7e]+/g, '?')
    .replaceAll('(', '[')
    .replaceAll(')', ']')
    .replaceAll('\\', '/')
    .replace(/ {2,}/g, ' ')
    .trim()
  return `(${clean.slice(0, maxComment)})`
}

/** A word of comments is a place to fold at too. */
export function commentPieces(text: string): readonly string[] {
  return comment(text).split(' ')
}

/** `quoted-string` (RFC 5322 §3.2.4); what is not printable ASCII becomes a question mark. */
export function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, String.raw`\$&`)}"`
}

/** `value` of MIME (RFC 2045 §5.1), which RFC 8601 §2.2 takes: a token, or else a quoted string. */
export function tokenOrQuoted(text: string): string {
  return /^[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+$/.test(text) ? text : quoted(text)
}

/** `local-part@domain` where that can stand bare, with the domain's A-labels; beyond ASCII only the domain. */
export function mailboxValue(address: string, domain: string): string {
  const at = address.lastIndexOf('@')
  const local = at > 0 ? address.slice(0, at) : ''
  const host = at < 0 ? address : address.slice(at + 1)
  const isPlain = /^[\x21-\x7e]*$/.test(host)
  const written = isPlain && host !== '' ? host : domain
  if (local === '' || !/^[\x20-\x7e]+$/.test(local)) return tokenOrQuoted(written)
  const isDotAtom = /^[!#$%&'*+/0-9=?A-Z^_`a-z{|}~-]+(?:\.[!#$%&'*+/0-9=?A-Z^_`a-z{|}~-]+)*$/.test(
    local,
  )
  const isHost = /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/.test(written)
  return isDotAtom && isHost ? `${local}@${written}` : quoted(`${local}@${written}`)
}
