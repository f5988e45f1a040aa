import { exchange } from './exchange.ts'
import { readClamdReply, readClamdVersion, type ClamdReply } from './clamd-reply.ts'
import type { ScannerAddress } from './scanner-address.ts'
import { ScannerFailure } from './scanner-failure.ts'

/** Octets of one chunk: clamd writes each to its file as it comes. */
const chunkBytes = 64 * 1024
const mostAnswerBytes = 4_096

/**
 * Stands before every message, so that clamd takes it for one. It tells by the first octets: of a message that begins with the
 * field `MZ: 1` or `%PDF-1.4: x` it decodes no attachment, and EICAR in one is clean to it (1.4.3).
 */
const opening = Buffer.from('Return-Path: <>\r\n')

/**
 * Sends octets as a stream of chunks, each with its length before it, and reads what clamd says of them.
 *
 * Where its limit is below ours it says so and closes, and now and then (3 of 100 at 8 MB) the next write fails before that is
 * read: then it is asked once more, for a message that is too large must not look like a clamd that is down.
 */
export async function scanStream(
  address: ScannerAddress,
  octets: Buffer,
  connectMs: number,
  signal: AbortSignal,
): Promise<ClamdReply> {
  const scan = async (): Promise<ClamdReply> =>
    readClamdReply(await ask(address, chunks(octets), connectMs, signal))
  try {
    return await scan()
  } catch (error) {
    if (!(error instanceof ScannerFailure) || !error.brokeSending || signal.aborted) throw error
    return scan()
  }
}

/**
 * Asks for the version, and with it how old the signatures are.
 * @throws ScannerFailure where there is no such answer
 */
export async function askVersion(
  address: ScannerAddress,
  connectMs: number,
  signal: AbortSignal,
): Promise<string> {
  const answer = await ask(address, [Buffer.from('zVERSION\0')], connectMs, signal)
  const version = readClamdVersion(answer)
  if (version === undefined) throw new ScannerFailure('something that is no clamd answers')
  return version
}

/** `z…`: both sides end with NUL. Our side stays open, clamd would take its end for a client that left. */
function ask(
  address: ScannerAddress,
  question: Iterable<Buffer>,
  connectMs: number,
  signal: AbortSignal,
): Promise<Buffer> {
  return exchange(
    { address, question, endsWriting: false, isWhole, mostAnswerBytes, connectMs },
    signal,
  )
}

function isWhole(answer: Buffer): boolean {
  return answer.at(-1) === 0
}

function* chunks(octets: Buffer): Generator<Buffer> {
  yield Buffer.concat([Buffer.from('zINSTREAM\0'), lengthOf(opening.length), opening])
  for (let at = 0; at < octets.length; at += chunkBytes) {
    const chunk = octets.subarray(at, at + chunkBytes)
    yield Buffer.concat([lengthOf(chunk.length), chunk])
  }
  yield lengthOf(0)
}

function lengthOf(length: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(length)
  return octets
}
