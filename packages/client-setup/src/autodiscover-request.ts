/**
 * The address that a classic Outlook asks about. Whatever else stands in the request, and in what order, counts for
 * nothing. What declares entities is no request: none of the programs sends that, only who wants to make a parser work.
 * @returns undefined where there is no `EMailAddress` in it
 */
export function readAutodiscoverRequest(text: string): string | undefined {
  if (text.includes('<!')) return undefined
  let at = text.indexOf('<')
  while (at !== -1) {
    const end = text.indexOf('>', at)
    if (end === -1) return undefined
    const isThis = localName(text.slice(at + 1, end)) === 'emailaddress'
    const close = text.indexOf('<', end)
    if (isThis) return close === -1 ? undefined : unescape(text.slice(end + 1, close)).trim()
    at = close
  }
  return undefined
}

/** `x:EMailAddress a="b"` is an EMailAddress, in whatever letters. */
function localName(tag: string): string {
  const name = tag.split(/[\s/]/, 1)[0] ?? ''
  return name.slice(name.lastIndexOf(':') + 1).toLowerCase()
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescape(text: string): string {
  return text.replaceAll(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,4});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return named[name] ?? whole
    const isHex = name[1] === 'x' || name[1] === 'X'
    const code = isHex ? parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
