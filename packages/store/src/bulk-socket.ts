import net from 'node:net'
import { WholeMessages } from './whole-messages.ts'

/**
 * The socket beneath a connection that much is read from. By itself Node makes a new buffer for every read, and pg joins
 * them to larger ones: hundreds of megabytes of garbage for a mailbox, each 32 of which make V8 look through the whole heap.
 * This one receives into one buffer, and hands pg whole messages of it, of which pg keeps nothing (its parser holds on to a
 * buffer only where a message is incomplete).
 *
 * TLS reads from the socket by its own means: then it is an ordinary one.
 */
export function bulkSocket(config?: { readonly ssl?: unknown }): net.Socket {
  const ssl = config?.ssl
  if (ssl !== undefined && ssl !== false) return new net.Socket()
  const messages = new WholeMessages((whole) => socket.emit('data', whole))
  const socket: net.Socket = new net.Socket({
    onread: {
      buffer: () => messages.room,
      callback(count) {
        messages.take(count)
        return true
      },
    },
  })
  return socket
}
