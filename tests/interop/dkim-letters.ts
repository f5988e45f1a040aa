import { corpusMessages } from '../journeys/house/corpus.ts'

/** Who writes all letters. */
export const author = 'Ada <ada@example.test>'

const odd = '\r\n|\r\n\r\n|\t| |  \r\n|\r\n.|\u00e4|:|x|\r|\n|.\r\n'.split('|')

/**
 * Every message of the corpora without NUL, as from one of our accounts, and twice as many with octets put in or taken out at
 * random, which the seed decides.
 */
export async function letters(seed: number): Promise<readonly Buffer[]> {
  let state = seed
  const below = (most: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * most)
  }
  const all = (await corpusMessages()).map(({ octets }) => withAuthor(octets))
  const spoilt = all.flatMap((octets) =>
    [1, 2].map(() => {
      const at = below(Math.min(octets.length, 4_000))
      const put = Buffer.from(odd[below(odd.length)] ?? '', 'latin1')
      return Buffer.concat([octets.subarray(0, at), put, octets.subarray(at + below(2))])
    }),
  )
  return [...all, ...spoilt].filter((octets) => !octets.includes(0))
}

/** Its first From is the author's: OpenDKIM looks at no message without a domain in From. */
function withAuthor(octets: Buffer): Buffer {
  const text = octets.toString('latin1')
  const end = /\r\n\r\n|^\r\n/.exec(text)?.index ?? text.length
  const header = text.slice(0, end)
  const changed = /^From[ \t]*:/im.test(header)
    ? header.replace(/^From[ \t]*:.*(?:\r\n[ \t].*)*/im, `From: ${author}`)
    : `From: ${author}\r\n${header}`
  return Buffer.from(changed + text.slice(end), 'latin1')
}

const once =
  'from|sender|reply-to|to|cc|bcc|message-id|in-reply-to|references|subject|date|mime-version'.split(
    '|',
  )

/**
 * A header without obsolete forms (RFC 5322 §4.5: a space before the colon), with one From that has a domain, nothing twice that
 * stands once (§3.6), and no signatures but our two: of others no two verifiers think alike.
 */
export function isPlain(text: string): boolean {
  const header = text.slice(0, text.indexOf('\r\n\r\n'))
  const fields = header.split(/\r\n(?![ \t])/)
  const names = fields.map((field) => field.slice(0, field.indexOf(':')).toLowerCase())
  const count = (name: string): number => names.filter((each) => each === name).length
  return (
    fields.every((field) => /^[\x21-\x39\x3b-\x7e]+:/.test(field)) &&
    fields.some((field) => field.toLowerCase() === `from: ${author}`.toLowerCase()) &&
    once.every((name) => count(name) <= 1) &&
    count('dkim-signature') === 2
  )
}
