const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,'
const sextets = new Map(alphabet.split('').map((char, value) => [char, value]))

/**
 * Modified UTF-7 to text (RFC 3501 §5.1.3), strictly: `undefined` for anything that the encoder
 * would not have written, so that two spellings can never name one mailbox.
 */
export function decodeModifiedUtf7(encoded: string): string | undefined {
  let text = ''
  let at = 0
  let afterShift = false
  while (at < encoded.length) {
    const char = encoded.charAt(at)
    if (char !== '&') {
      if (char < ' ' || char > '~') return undefined
      text += char
      at += 1
      afterShift = false
      continue
    }
    const end = encoded.indexOf('-', at)
    if (end < 0) return undefined
    const run = encoded.slice(at + 1, end)
    at = end + 1
    if (run === '') {
      text += '&'
      afterShift = false
      continue
    }
    // "-&" between two base64 runs is a null shift: the encoder writes one run.
    if (afterShift) return undefined
    const decoded = decodeRun(run)
    if (decoded === undefined) return undefined
    text += decoded
    afterShift = true
  }
  return text
}

/** One base64 run as UTF-16, which must be well-formed and hold no printable US-ASCII. */
function decodeRun(run: string): string | undefined {
  let bits = 0
  let buffered = 0
  let text = ''
  for (const char of run) {
    const value = sextets.get(char)
    if (value === undefined) return undefined
    buffered = (buffered << 6) | value
    bits += 6
    if (bits < 16) continue
    bits -= 16
    const unit = (buffered >>> bits) & 0xffff
    buffered &= (1 << bits) - 1
    if (unit >= 0x20 && unit <= 0x7e) return undefined
    text += String.fromCharCode(unit)
  }
  // Left-over bits are padding: fewer than a sextet, all zero.
  if (bits >= 6 || buffered !== 0) return undefined
  return text.isWellFormed() ? text : undefined
}

/** Text to modified UTF-7 (RFC 3501 §5.1.3). */
export function encodeModifiedUtf7(text: string): string {
  let encoded = ''
  let run = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char < ' ' || char > '~') {
      run += char
      continue
    }
    if (run !== '') encoded += encodeRun(run)
    run = ''
    encoded += char === '&' ? '&-' : char
  }
  return run === '' ? encoded : encoded + encodeRun(run)
}

function encodeRun(run: string): string {
  const octets = Buffer.from(run, 'utf16le').swap16()
  const base64 = octets.toString('base64').replaceAll('/', ',').replaceAll('=', '')
  return `&${base64}-`
}
