import { open } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'

/** Larger ones are not taken by mail either. */
const mostBytes = 50 * 1024 * 1024

/** A message out of a file. */
export interface FileMessage {
  readonly octets: Buffer
  /** Its lines ended otherwise than in mail: signatures were made over CRLF. */
  readonly isConverted: boolean
}

/**
 * Reads a message: `-` is standard input. Line ends of files become CRLF as they were in mail, where none is; else not one octet
 * is changed.
 */
export async function readMessage(file: string): Promise<FileMessage> {
  const octets = file === '-' ? await collect(process.stdin) : await readWhole(file)
  if (octets.length === 0)
    throw new CliError('usage', 'message.empty', 'There is no message in it', 'give FILE, or -')
  if (octets.includes('\r\n') || !octets.includes('\n')) return { octets, isConverted: false }
  const text = octets.toString('latin1').replaceAll('\n', '\r\n')
  return { octets: Buffer.from(text, 'latin1'), isConverted: true }
}

async function readWhole(file: string): Promise<Buffer> {
  try {
    const handle = await open(file)
    return await collect(handle.createReadStream())
  } catch (error) {
    if (error instanceof CliError) throw error
    const because = error instanceof Error ? error.message : String(error)
    throw new CliError('notFound', 'message.unreadable', `The message cannot be read: ${because}`)
  }
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of stream) {
    if (!Buffer.isBuffer(piece)) continue
    length += piece.length
    if (length > mostBytes)
      throw new CliError('usage', 'message.too_large', 'The message is larger than 50 MiB')
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
