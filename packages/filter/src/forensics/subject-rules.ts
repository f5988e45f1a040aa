import { isUtf8 } from 'node:buffer'
import { type Rule, where } from '../rule.ts'
import { invisibleIn, mixedWord } from '../view/confusables.ts'
import type { HeaderView } from './header-view.ts'

/** How a subject is written, and what else is odd in a header as a whole. */
export const subjectRules: readonly Rule<HeaderView>[] = [
  {
    symbol: 'SUBJECT_MISSING',
    points: 0.4,
    isOmission: true,
    sees: ({ subject }) => where(subject.trim() === '', 'There is no subject'),
  },
  {
    symbol: 'SUBJECT_CAPITALS',
    points: 1.2,
    sees: ({ subject }) => {
      const letters =
        subject.replace(/^(?:(?:re|fwd?|aw|wg)\s?:\s?|\[[^\]]{0,80}\]\s?)+/i, '').match(CASED) ?? []
      const capitals = letters.filter((letter) => letter !== letter.toLowerCase()).length
      return where(
        letters.length >= 12 && capitals > letters.length * 0.9 && /\s/.test(subject.trim()),
        'The subject is all capitals',
      )
    },
  },
  {
    symbol: 'SUBJECT_SHOUTS',
    points: 0.8,
    sees: ({ subject }) =>
      where(/!{2}|\?!|!\?|!.{0,60}!|\${2}/.test(subject), 'The subject shouts'),
  },
  {
    symbol: 'SUBJECT_INVISIBLE',
    points: 2,
    sees: ({ subject }) => {
      const mark = invisibleIn(subject)
      return where(mark !== undefined, `The subject holds the invisible ${mark}`)
    },
  },
  {
    symbol: 'SUBJECT_MIXED_SCRIPTS',
    points: 2,
    sees: ({ subject }) => {
      const word = mixedWord(subject)
      return where(word !== undefined, `The subject mixes scripts in "${word}"`)
    },
  },
  {
    symbol: 'SUBJECT_SPACED_OUT',
    points: 1.5,
    sees: ({ subject }) => where(SPACED.test(subject), 'The subject spells a word with gaps'),
  },
  {
    symbol: 'SUBJECT_TAIL',
    points: 1.8,
    sees: ({ subject }) =>
      where(
        /\S\s{6,}[\w[(]{1,3}[^\s]{2,30}$/.test(subject),
        'The subject has a mark far behind its end',
      ),
  },
  {
    symbol: 'SUBJECT_NAMES_RECIPIENT',
    points: 0.8,
    sees: ({ subject, message }) => {
      const lower = subject.toLowerCase()
      const named = message.recipients.slice(0, 20).find(({ address }) => {
        const local = address.slice(0, address.lastIndexOf('@')).toLowerCase()
        return (
          lower.includes(address.toLowerCase()) ||
          (local.length > 2 && lower.startsWith(`${local},`))
        )
      })
      return where(named !== undefined, `The subject calls ${named?.address ?? ''} by the address`)
    },
  },
  {
    symbol: 'HEADER_RAW_8BIT',
    points: 0.8,
    // RFC 6532 §3.2 allows UTF-8 in a header, and nothing else beyond ASCII.
    sees: ({ message }) =>
      where(
        message.headers.some(({ name, value }) => SHOWN.has(name.toLowerCase()) && !isUtf8(value)),
        'A field that is shown holds octets that are not UTF-8',
      ),
  },
  {
    symbol: 'HEADER_DUPLICATES',
    points: 1.2,
    // RFC 5322 §3.6: at most one of each.
    sees: ({ message }) => {
      const name = ONCE.find((one) => message.field(one).length > 1)
      return where(name !== undefined, `There is more than one ${name} field`)
    },
  },
  {
    symbol: 'HEADER_CONTROLS',
    points: 2,
    sees: ({ message }) => {
      const { start, end } = message.root.header
      const header = message.octets.subarray(start, Math.min(end, start + MAX_CONTROLS))
      return where(header.includes(0), 'The header holds NUL octets')
    },
  },
  {
    symbol: 'BULK_WITHOUT_UNSUBSCRIBE',
    points: 0.4,
    // RFC 2369 §3.2, RFC 8058.
    sees: (v) => {
      const isBulk = v.message
        .field('precedence')
        .some((value) => /^(?:bulk|list|junk)$/i.test(value.trim()))
      return where(
        isBulk && !v.isList && v.message.field('list-unsubscribe').length === 0,
        'It says that it is bulk mail and not how to end it',
      )
    },
  },
]

const CASED = /\p{Lu}|\p{Ll}/gu
const SPACED = /(?:^|\s)(?:\p{Lu}[\s._*-]){4,20}\p{Lu}(?:\s|$)/u
const MAX_CONTROLS = 256 * 1024
const SHOWN: ReadonlySet<string> = new Set(['subject', 'from', 'to', 'reply-to'])
const ONCE = [
  'subject',
  'date',
  'message-id',
  'reply-to',
  'to',
  'cc',
  'sender',
  'in-reply-to',
  'references',
] as const
