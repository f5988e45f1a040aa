import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'

/** A message of the corpora, or of the small set that stands in for them. */
export interface CorpusMessage {
  readonly name: string
  /** As it is sent: files whose lines end in LF alone have got CRLF. */
  readonly octets: Buffer
}

const folder = process.env['POSTHOUSE_CORPORA'] ?? ''

/** True if the real corpora are there. */
export const hasCorpora = existsSync(path.join(folder, 'mail'))

/** Every message under the corpora's `mail` and `mime`; else the set of our own making. */
export async function corpusMessages(): Promise<readonly CorpusMessage[]> {
  const roots = hasCorpora
    ? [path.join(folder, 'mail'), path.join(folder, 'mime')]
    : ['tests/vectors/mail']
  const messages: CorpusMessage[] = []
  for (const root of roots)
    for await (const name of glob('**/*.{eml,msg,raw}', { cwd: root }))
      messages.push({
        name: path.join(path.basename(root), name),
        octets: asSent(await readFile(path.join(root, name))),
      })
  return messages.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function asSent(octets: Buffer): Buffer {
  const text = octets.toString('latin1')
  if (text.includes('\r\n')) return octets
  return Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1')
}

/** What the SMTP door must refuse: bare CR, bare LF, NUL (RFC 5321 §2.3.8). */
export function isRefusedBySmtp(octets: Buffer): boolean {
  return /\r(?!\n)|(?<!\r)\n|\0/.test(octets.toString('latin1'))
}
