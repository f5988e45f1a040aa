import type net from 'node:net'

/** A request is a name and a few words. */
const mostBytes = 4_096

/** Whoever connects knows what to ask. */
const lineMs = 5_000

/** Reads the one line of a client as JSON; undefined where none comes in time, or it is too long, or something else. */
export function readControlLine(socket: net.Socket): Promise<unknown> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let bytes = 0
    const done = (value: unknown): void => {
      clearTimeout(timer)
      socket.off('data', take)
      resolve(value)
    }
    const timer = setTimeout(() => done(undefined), lineMs)
    const take = (piece: Buffer): void => {
      pieces.push(piece)
      bytes += piece.length
      if (piece.includes(0x0a)) done(parsed(Buffer.concat(pieces)))
      else if (bytes > mostBytes) done(undefined)
    }
    socket.on('data', take)
    socket.once('end', () => done(undefined))
    socket.once('close', () => done(undefined))
  })
}

function parsed(octets: Buffer): unknown {
  const line = octets.subarray(0, octets.indexOf(0x0a))
  if (line.length > mostBytes) return undefined
  try {
    return JSON.parse(line.toString('utf8'))
  } catch {
    return null
  }
}
