/** A message of a stranger's, part by part. */
export interface LetterParts {
  /** Lines of the header before the usual ones, each with CRLF. */
  readonly above?: string
  readonly from?: string
  readonly subject?: string
  /** Lines that say what the body is; absent: plain text. */
  readonly content?: string
  readonly body?: string
}

const plainBody = 'The notes that I promised are in the other letter.\r\n'

/** A message with a header that nothing is said against. */
export function letter(parts: LetterParts = {}): Buffer {
  const { above = '', from = 'grace@example.org', subject = 'Notes on the compiler' } = parts
  const { content = 'Content-Type: text/plain; charset=utf-8', body = plainBody } = parts
  const lines = [
    `From: Grace Hopper <${from}>`,
    'To: Ada <ada@example.test>',
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${crypto.randomUUID()}@example.org>`,
    `Subject: ${subject}`,
    'MIME-Version: 1.0',
    content,
  ]
  return Buffer.from(`${above}${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
}

/** One part of a multipart: its header fields, and what stands in it. */
export type LetterPart = readonly [fields: string, body: string]

/** A message of several parts, a few words first. */
export function mixed(parts: readonly LetterPart[], more: Omit<LetterParts, 'body'> = {}): Buffer {
  const all: readonly LetterPart[] = [['Content-Type: text/plain', plainBody], ...parts]
  const body = all.map(([fields, text]) => `--part\r\n${fields}\r\n\r\n${text}\r\n`).join('')
  const content = 'Content-Type: multipart/mixed; boundary=part'
  return letter({ ...more, content, body: `${body}--part--\r\n` })
}

/** Octets as a file that is attached, in base64. */
export function fileOf(name: string, octets: Buffer | string): LetterPart {
  const fields = [
    `Content-Type: application/octet-stream; name="${name}"`,
    `Content-Disposition: attachment; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
  ]
  return [fields.join('\r\n'), base64(octets)]
}

/** Octets in base64, in lines. */
export function base64(octets: Buffer | string): string {
  return Buffer.from(octets).toString('base64').replace(/.{76}/g, '$&\r\n')
}
