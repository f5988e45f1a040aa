import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ScannerAddress } from './scanner-address.ts'
import { ScannerFailure } from './scanner-failure.ts'

/** One question to a scanner and its answer, on a connection of its own. */
export interface Exchange {
  readonly address: ScannerAddress
  /** What is sent, as fast as it is taken. */
  readonly question: Iterable<Buffer>
  /** Whether our side is closed after the question. */
  readonly endsWriting: boolean
  /** True once the answer is there. Without it, or while it says no, the answer ends with the connection. */
  isWhole?(answer: Buffer): boolean
  readonly mostAnswerBytes: number
  readonly connectMs: number
}

/**
 * Asks, and gives the answer: also one that comes before all was sent (the scanner has seen enough), or after which the
 * connection breaks. Whether it is whole is for its reader to say.
 *
 * @throws ScannerFailure where there is no answer, or not in time.
 */
export function exchange(options: Exchange, signal: AbortSignal): Promise<Buffer> {
  const { address, question, endsWriting, connectMs, mostAnswerBytes } = options
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  if (signal.aborted) return Promise.reject(stopped())
  const socket = connect({ ...address, noDelay: true })
  const source = Readable.from(paced(question), { objectMode: true })
  const answer: Buffer[] = []
  let length = 0
  let hasBegun = false
  const alarm = setTimeout(() => fail(`no connection within ${connectMs} ms`), connectMs)
  const stop = (): void => settle(() => reject(stopped()))
  const settle = (act: () => void): void => {
    clearTimeout(alarm)
    signal.removeEventListener('abort', stop)
    source.destroy()
    socket.destroy()
    act()
  }
  const fail = (because: string): void => {
    const brokeSending = hasBegun && !source.readableEnded
    settle(() => reject(new ScannerFailure(because, { brokeSending })))
  }
  const finish = (because: string): void => {
    if (length === 0) fail(because)
    else settle(() => resolve(Buffer.concat(answer)))
  }
  signal.addEventListener('abort', stop, { once: true })
  socket.once('connect', () => {
    clearTimeout(alarm)
    hasBegun = true
    source.pipe(socket, { end: endsWriting })
  })
  socket.on('data', (piece) => {
    answer.push(piece)
    length += piece.length
    if (length > mostAnswerBytes) fail('an answer that is too long')
    else if (options.isWhole?.(Buffer.concat(answer)) === true) finish('')
  })
  socket.once('error', (error) => finish(errorText(error)))
  socket.once('close', () => finish('the connection was closed'))
  return promise
}

/**
 * One piece in a turn of the event loop: an answer that came meanwhile ("too large") is read before the next write fails on the
 * connection that was closed behind it.
 */
async function* paced(pieces: Iterable<Buffer>): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    yield piece
    await nextTurn()
  }
}

function stopped(): ScannerFailure {
  return new ScannerFailure('no answer in time')
}

/** `connect ECONNREFUSED 127.0.0.1:3310` says all there is to say. */
function errorText(error: Error): string {
  return error.message === '' ? 'no connection' : error.message
}
