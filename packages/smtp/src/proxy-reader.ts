import type { Socket } from 'node:net'
import { readProxyHeader, type ProxiedConnection } from './proxy-header.ts'

/** What came of waiting for a header. */
export type ProxyRead =
  | { readonly ok: true; readonly proxied: ProxiedConnection }
  | { readonly ok: false; readonly because: string }

/**
 * Takes the PROXY header off a connection; what follows it is left to be read. The proxy sends it at once and whole, so that
 * `waitMs` can be short. Never rejects; a connection without a header is the caller's to destroy.
 */
export function takeProxyHeader(socket: Socket, waitMs: number): Promise<ProxyRead> {
  const { promise, resolve } = Promise.withResolvers<ProxyRead>()
  let octets = Buffer.alloc(0)
  const end = (read: ProxyRead) => {
    clearTimeout(timer)
    socket.off('readable', onReadable)
    socket.off('end', onGone)
    socket.off('close', onGone)
    resolve(read)
  }
  const onGone = () => end({ ok: false, because: 'closed before its header' })
  const onReadable = () => {
    let piece: Buffer | null
    while ((piece = socket.read() as Buffer | null) !== null) {
      octets = Buffer.concat([octets, piece])
      const header = readProxyHeader(octets)
      if (header.kind === 'more') continue
      if (header.kind === 'bad') {
        end({ ok: false, because: header.because })
        return
      }
      if (octets.length > header.bytes) socket.unshift(octets.subarray(header.bytes))
      end({ ok: true, proxied: header.proxied })
      return
    }
  }
  const timer = setTimeout(() => end({ ok: false, because: 'no header in time' }), waitMs).unref()
  socket.on('readable', onReadable)
  socket.on('end', onGone)
  socket.on('close', onGone)
  onReadable()
  return promise
}
