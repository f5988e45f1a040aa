import { formatDateTime } from './dates.ts'
import { literalHeader } from './format-strings.ts'
import { formatSection, type Section } from './section.ts'

/** One item of a FETCH response with its value. */
export type FetchDatum =
  | { readonly item: 'UID'; readonly uid: number }
  | { readonly item: 'FLAGS'; readonly flags: readonly string[] }
  | { readonly item: 'INTERNALDATE'; readonly date: Date }
  | { readonly item: 'RFC822.SIZE'; readonly octets: number }
  /** RFC 7162 §3.1.4.2. */
  | { readonly item: 'MODSEQ'; readonly modSeq: number }
  /** Ready-made IMAP text (from the message index), literals and all. */
  | { readonly item: 'ENVELOPE' | 'BODY' | 'BODYSTRUCTURE'; readonly wire: Buffer }
  /** Octets of the message; null: NIL. */
  | {
      readonly item: 'RFC822' | 'RFC822.HEADER' | 'RFC822.TEXT'
      readonly content: Buffer | null
    }
  | {
      readonly item: 'SECTION'
      readonly section: Section
      /** Where a partial began; its length is the content's (RFC 3501 §7.4.2). */
      readonly origin?: number
      /** Empty: `""`. Null: there is no such part, NIL. */
      readonly content: Buffer | null
    }

const emptyQuoted = Buffer.from('""')
const nil = Buffer.from('NIL')

/**
 * `* n FETCH (item value …)` (RFC 3501 §7.4.2) as a list of buffers to be written one after another:
 * message octets are handed through, not copied.
 */
export function formatFetch(sequenceNumber: number, data: Iterable<FetchDatum>): Buffer[] {
  const out = new Pieces()
  out.text(`* ${sequenceNumber} FETCH (`)
  let isFirst = true
  for (const datum of data) {
    if (!isFirst) out.text(' ')
    isFirst = false
    formatDatum(out, datum)
  }
  out.text(')\r\n')
  return out.take()
}

function formatDatum(out: Pieces, datum: FetchDatum): void {
  switch (datum.item) {
    case 'UID':
      return out.text(`UID ${datum.uid}`)
    case 'FLAGS':
      return out.text(`FLAGS (${datum.flags.join(' ')})`)
    case 'INTERNALDATE':
      return out.text(`INTERNALDATE ${formatDateTime(datum.date)}`)
    case 'RFC822.SIZE':
      return out.text(`RFC822.SIZE ${datum.octets}`)
    case 'MODSEQ':
      return out.text(`MODSEQ (${datum.modSeq})`)
    case 'ENVELOPE':
    case 'BODY':
    case 'BODYSTRUCTURE':
      out.text(`${datum.item} `)
      return out.octets(datum.wire)
    case 'SECTION': {
      const origin = datum.origin === undefined ? '' : `<${datum.origin}>`
      out.text(`BODY${formatSection(datum.section)}${origin} `)
      return content(out, datum.content)
    }
    default:
      out.text(`${datum.item} `)
      return content(out, datum.content)
  }
}

function content(out: Pieces, octets: Buffer | null): void {
  if (octets === null) return out.octets(nil)
  if (octets.length === 0) return out.octets(emptyQuoted)
  out.octets(literalHeader(octets.length))
  out.octets(octets)
}

/** Collects text until octets come, so that a response without octets is one buffer. */
class Pieces {
  readonly #done: Buffer[] = []
  #text = ''

  text(value: string): void {
    this.#text += value
  }

  octets(value: Buffer): void {
    this.#flush()
    this.#done.push(value)
  }

  take(): Buffer[] {
    this.#flush()
    return this.#done
  }

  #flush(): void {
    if (this.#text === '') return
    this.#done.push(Buffer.from(this.#text, 'latin1'))
    this.#text = ''
  }
}
