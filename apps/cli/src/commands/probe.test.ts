import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import tls from 'node:tls'
import { after, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { startDnsServer, testAuthority } from '@posthouse/testkit'
import { runPosthouse, type Ended } from '../testing/command-house.ts'

function answer(line: string, rcpt: string, write: (text: string) => void): void {
  const verb = line.slice(0, 4).toUpperCase()
  if (verb === 'EHLO') write('250-mx.there.test\r\n250-STARTTLS\r\n250 PIPELINING\r\n')
  else if (verb === 'RCPT') write(`${rcpt}\r\n`)
  else if (verb !== 'STAR') write('250 ok\r\n')
}

/** A host that answers RCPT as it is told; with STARTTLS. */
async function startHost(rcpt: string): Promise<Server> {
  const { leaf } = testAuthority()
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('220 mx.there.test ESMTP\r\n')
    socket.on('data', (data) => {
      const line = data.toString().trim()
      answer(line, rcpt, (text) => socket.write(text))
      if (!/^STARTTLS/i.test(line)) return
      socket.removeAllListeners('data')
      socket.write('220 go ahead\r\n')
      const secured = new tls.TLSSocket(socket, { isServer: true, key: leaf.key, cert: leaf.cert })
      secured.on('error', () => undefined)
      secured.on('data', (more) =>
        answer(more.toString().trim(), rcpt, (text) => secured.write(text)),
      )
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const dns = await startDnsServer(
  new Zone('there.test MX 10 mx.there.test\nmx.there.test A 127.0.0.1\nnull.test MX 0 .'),
)
const servers: Server[] = []
after(async () => {
  for (const server of servers) server.close()
  await dns.close()
})

async function probe(server: Server | undefined, ...args: readonly string[]): Promise<Ended> {
  if (server !== undefined) servers.push(server)
  const address = server?.address() as AddressInfo | undefined
  const env = {
    POSTHOUSE_RESOLVERS: dns.address,
    POSTHOUSE_MX_PORT: String(address?.port ?? 9),
    POSTHOUSE_PRIVATE_TARGETS: '127.0.0.0/8',
  }
  return await runPosthouse(env, ['probe', ...args])
}

test('a probe shows each step with its time, over TLS where it is offered, and sends nothing', async () => {
  const { code, stdout, stderr } = await probe(await startHost('250 2.1.5 fine'), 'bob@there.test')
  assert.equal(code, 0, stdout + stderr)
  for (const line of [
    /✔ MX +\d+ ms {2}mx\.there\.test \[127\.0\.0\.1\]/,
    /✔ connect +\d+ ms {2}mx\.there\.test \[127\.0\.0\.1\] port \d+/,
    /✔ greeting +\d+ ms {2}220 mx\.there\.test ESMTP/,
    /✔ TLS +\d+ ms {2}TLSv1\.3 \S+, certificate: /,
    /✔ RCPT +\d+ ms {2}250 2\.1\.5 fine/,
  ]) {
    assert.match(stdout, line)
  }
  assert.match(stderr, /bob@there\.test: would be taken\. Nothing was sent\./)
})

test('a refusal is explained, and the exit code tells it from "later" and from "nobody there"', async () => {
  const refused = await probe(await startHost('550 5.1.1 unknown'), 'bob@there.test')
  assert.equal(refused.code, 3)
  assert.match(refused.stderr, /There is no mailbox with this address\./)
  const later = await probe(await startHost('451 4.7.1 Greylisted'), 'bob@there.test', '--json')
  assert.equal(later.code, 8)
  const shown = JSON.parse(later.stdout) as Record<string, unknown>
  assert.deepEqual([shown['cause'], shown['verdict']], ['greylisting', 'not now, perhaps later'])
  const none = await probe(undefined, 'bob@null.test')
  assert.equal(none.code, 3)
  assert.match(none.stdout, /✖ MX/)
  const closed = await probe(undefined, 'bob@there.test')
  assert.equal(closed.code, 7)
  assert.match(closed.stdout, /✖ connect .*ECONNREFUSED/)
})

test('a host that talks on and on without an end of line is left', async () => {
  const server = createServer((socket) => {
    const talk = setInterval(() => socket.write('220-'.repeat(8_000)), 5)
    socket.on('error', () => undefined)
    socket.on('close', () => clearInterval(talk))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { code, stdout } = await probe(server, 'bob@there.test')
  assert.equal(code, 7)
  assert.match(stdout, /✖ greeting .*it says more than any server has to/)
})
