/**
 * What this package exports; bodies arrive file by file.
 *
 * indexMessage(octets: Buffer): MimePart
 * findPart(root: MimePart | PartNode, path: readonly number[])
 * encodeParts(root: PartNode): Buffer; decodeParts(packed: Buffer): PartNode
 * headerFields(octets: Buffer, span: Span): readonly HeaderField[]   // { name: string, raw: Buffer, value: Buffer }
 * selectHeaderFields(octets: Buffer, span: Span, names: readonly string[], mode: 'only' | 'except'): Buffer
 *   // ready for BODY[HEADER.FIELDS (…)]: whole fields and the blank line if there is one
 * unfold(value: Buffer): string  // octet string
 * formatEnvelope(octets: Buffer, message: MimePart): Buffer
 * formatBodyStructure(octets: Buffer, part: MimePart, options: { extended: boolean }): Buffer
 * computeFacts(octets: Buffer): MessageFacts
 * decodeWords(value: Buffer | string): string; encodeWords(text: string): string
 * decodeCharset(octets: Buffer, charset: string): string
 * decodeTransfer(octets: Buffer, encoding: string): Buffer
 * partText(octets: Buffer, part: MimePart): string   // decoded text of a text part, for SEARCH BODY/TEXT
 * parseAddressList(raw: Buffer | string): Mailbox[]
 * parseMailboxListStrict(raw: Buffer | string): { ok: true, mailboxes: Mailbox[] } | { ok: false }
 * formatDateTime(date: Date): string
 * parseDateTime(value: string): { instant: Date, day: string } | undefined
 * buildDsn(report: DeliveryReport): Buffer
 */
export type { Span } from './span.ts'
export { sliceSpan } from './span.ts'
export { findPart } from './part.ts'
export type { Disposition, MimePart, Param, PartNode } from './part.ts'
export type { MessageFacts } from './facts.ts'
export type { Mailbox } from './address.ts'
