import { type MimePart, paramValue } from '@posthouse/message'
import { type Rule, where } from '../rule.ts'
import { fieldNames, type MimeView } from './mime-view.ts'

/** How a message is put together. What two readers would take apart in two ways hides things from one of them. */
export const structureRules: readonly Rule<MimeView>[] = [
  {
    symbol: 'MIME_DEEP',
    points: 0.8,
    sees: ({ depth }) => where(depth > 12, `Parts stand in parts ${depth} deep`),
  },
  {
    symbol: 'MIME_TOO_DEEP',
    points: 3,
    sees: ({ depth }) => where(depth > 100, 'Parts stand in parts deeper than is looked at'),
  },
  {
    symbol: 'MIME_MANY_PARTS',
    points: 0.8,
    sees: ({ count }) => where(count > 500, `It has ${count} parts`),
  },
  {
    symbol: 'MIME_TOO_MANY_PARTS',
    points: 3,
    sees: ({ count }) => where(count >= 10_000, 'It has more parts than are looked at'),
  },
  {
    symbol: 'MIME_AMBIGUOUS',
    points: 2.5,
    sees: ({ message, parts }) => {
      for (const part of parts) {
        const names = fieldNames(message, part)
        const field = MIME_FIELDS.find((name) => names.indexOf(name) !== names.lastIndexOf(name))
        if (field !== undefined)
          return `A part has two ${field} fields: readers take different ones`
        const twice = DECISIVE.find(
          (name) => part.params.filter((param) => param.name.toLowerCase() === name).length > 1,
        )
        if (twice !== undefined)
          return `A part has two values of ${twice}: readers take different ones`
      }
      return undefined
    },
  },
  {
    symbol: 'MIME_NO_BOUNDARY',
    points: 1.5,
    // RFC 2046 §5.1.1: it names a boundary, and there is at least one part.
    sees: ({ parts }) => where(parts.some(isUndivided), 'A multipart is not divided as it says'),
  },
  {
    symbol: 'MIME_UNCLOSED',
    points: 0.3,
    sees: ({ message, parts }) =>
      where(
        parts.some((part) => isUnclosed(message.octets, part)),
        'A multipart has no end',
      ),
  },
  {
    symbol: 'MIME_ENCODED_CONTAINER',
    points: 2,
    // RFC 2045 §6.4: only identity encodings.
    sees: ({ parts }) =>
      where(
        parts.some(isEncodedContainer),
        'A multipart or message is encoded as a whole: readers see different parts',
      ),
  },
  {
    symbol: 'MIME_VERSION_MISSING',
    points: 0.5,
    sees: ({ message }) =>
      where(
        message.root.type.toLowerCase() === 'multipart' &&
          message.field('mime-version').length === 0,
        'It has parts and no MIME-Version',
      ),
  },
]

/** Whether two readers could find different parts in a message (Content-* fields twice, boundaries that are none, and so on). */
export function isAmbiguous(view: MimeView): boolean {
  return structureRules.some(
    ({ symbol, sees }) => AMBIGUITIES.has(symbol) && sees(view) !== undefined,
  )
}

/** A multipart that was made one text part, or a leaf, for want of its boundary. */
function isUndivided({ type, params, children }: MimePart): boolean {
  if (type.toLowerCase() !== 'multipart') return false
  const [only] = children
  const isWhole =
    children.length === 1 && only !== undefined && only.header.start === only.header.end
  return (paramValue(params, 'boundary') ?? '') === '' || isWhole
}

function isUnclosed(octets: Buffer, part: MimePart): boolean {
  const boundary = paramValue(part.params, 'boundary')?.trimEnd() ?? ''
  if (part.type.toLowerCase() !== 'multipart' || boundary === '' || isUndivided(part)) return false
  // The last delimiter stands behind the last part; only what follows it is searched.
  const from = part.children.at(-1)?.body.end ?? part.body.start
  return !octets.subarray(from, part.body.end).includes(`--${boundary}--`, 0, 'latin1')
}

function isEncodedContainer({ type, subtype, encoding }: MimePart): boolean {
  const lower = type.toLowerCase()
  const isContainer =
    lower === 'multipart' || (lower === 'message' && subtype.toLowerCase() === 'rfc822')
  return isContainer && CODED.has(encoding.toLowerCase())
}

const MIME_FIELDS = ['content-type', 'content-transfer-encoding', 'content-disposition'] as const
const DECISIVE = ['boundary', 'charset', 'name'] as const
const CODED: ReadonlySet<string> = new Set(['base64', 'quoted-printable'])
const AMBIGUITIES: ReadonlySet<string> = new Set([
  'MIME_AMBIGUOUS',
  'MIME_NO_BOUNDARY',
  'MIME_ENCODED_CONTAINER',
])
