import { isAscii, isUtf8 } from 'node:buffer'
import { knowsCharset, type MimePart, paramValue, partOctets, sliceSpan } from '@posthouse/message'
import { type Rule, where } from '../rule.ts'
import type { MimeView } from './mime-view.ts'

/** How text is written down, and whether it is what it says. */
export const encodingRules: readonly Rule<MimeView>[] = [
  {
    symbol: 'MIME_ENCODING_UNKNOWN',
    points: 1.5,
    // RFC 2045 §6.1
    sees: ({ parts }) => {
      const part = parts.find(({ encoding }) => !ENCODINGS.has(encoding.toLowerCase()))
      return where(
        part !== undefined,
        `A part is encoded as "${part?.encoding ?? ''}", which nobody knows`,
      )
    },
  },
  {
    symbol: 'TEXT_NEEDLESS_BASE64',
    points: 0.6,
    sees: ({ message, texts }) =>
      where(
        texts.some((part) => isPlainInBase64(message.octets, part)),
        'Plain ASCII text is hidden in base64',
      ),
  },
  {
    symbol: 'TEXT_IMPURE_BASE64',
    points: 1.5,
    // RFC 2045 §6.8: other characters are to be left out by readers, and some do not.
    sees: ({ message, parts }) =>
      where(
        parts.some((part) => isImpure(message.octets, part)),
        'base64 holds characters that do not belong in it',
      ),
  },
  {
    symbol: 'CHARSET_UNKNOWN',
    points: 0.8,
    sees: ({ texts }) => {
      const charset = texts.map(charsetOf).find((name) => !knowsCharset(name))
      return where(
        charset !== undefined,
        `Text is in the charset "${charset ?? ''}", which nobody knows`,
      )
    },
  },
  {
    symbol: 'CHARSET_UTF7',
    points: 2,
    sees: ({ texts }) =>
      where(
        texts.some((part) => /utf-?7/.test(charsetOf(part))),
        'Text is in UTF-7, which hides markup from filters',
      ),
  },
  {
    symbol: 'CHARSET_LIE',
    points: 0.3,
    sees: ({ message, texts }) =>
      where(
        texts.some((part) => isLie(message.octets, part)),
        'Text is not in the charset that it names',
      ),
  },
]

function isPlainInBase64(octets: Buffer, part: MimePart): boolean {
  if (part.encoding.toLowerCase() !== 'base64') return false
  const beginning = partOctets(octets, headOf(part))
  return beginning.length > MIN_TEXT && isAscii(beginning) && !beginning.includes(0)
}

/** The first lines of a base64 body. */
function isImpure(octets: Buffer, part: MimePart): boolean {
  if (part.encoding.toLowerCase() !== 'base64') return false
  return IMPURE.test(sliceSpan(octets, headOf(part).body).toString('latin1'))
}

function isLie(octets: Buffer, part: MimePart): boolean {
  const charset = charsetOf(part)
  const head = headOf(part)
  const content = partOctets(octets, head)
  if (charset === '' || charset === 'us-ascii' || charset === 'ascii') return !isAscii(content)
  if (charset !== 'utf-8' && charset !== 'utf8') return false
  // What was looked at may end inside a character.
  const isCut = head.body.end < part.body.end
  return !isUtf8(content) && !(isCut && [1, 2, 3].some((cut) => isUtf8(content.subarray(0, -cut))))
}

function headOf(part: MimePart): MimePart {
  const { start, end } = part.body
  return { ...part, body: { start, end: Math.min(end, start + HEAD_BYTES) } }
}

function charsetOf(part: MimePart): string {
  return (paramValue(part.params, 'charset') ?? '').trim().toLowerCase()
}

/** A multiple of 4 and of 3, so that encodings are not cut. */
const HEAD_BYTES = 49_152
const MIN_TEXT = 40
const ENCODINGS: ReadonlySet<string> = new Set([
  '7bit',
  '8bit',
  'binary',
  'base64',
  'quoted-printable',
])
const IMPURE = /[^A-Za-z0-9+/=\s]/
