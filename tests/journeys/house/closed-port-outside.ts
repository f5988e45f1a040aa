import { once } from 'node:events'
import net from 'node:net'
import { Zone } from '@posthouse/dns'
import { startDnsServer } from '@posthouse/testkit'

// The world of closed-port.ts, in its network: prints where DNS is, and ends with its standard input.

const zone = new Zone('gmail-smtp-in.l.google.com A 198.51.100.25')
const dns = await startDnsServer(zone)
const server = net.createServer((socket) => {
  socket.on('error', () => undefined)
  socket.end('220 mx.outside.test ESMTP\r\n')
})
server.listen(25, '198.51.100.25')
await once(server, 'listening')
process.stdout.write(`${dns.address}\n`)
process.stdin.resume()
await once(process.stdin, 'end')
server.close()
await dns.close()
