import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import { logIn, startSuite, testAuthority, type RawClient, type Suite } from '@posthouse/testkit'
import { app } from '../app.ts'

let suite: Suite
before(async () => {
  suite = await startSuite({ apps: [app] })
  await suite.account('ada@example.test')
})
after(() => suite.stop())

async function fingerprint(): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const options = { port: suite.port('imaps'), ca: suite.ca, servername: 'mail.example.test' }
  const socket = connect(options, () => resolve(socket.getPeerCertificate().fingerprint256))
  socket.on('error', reject)
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

async function noop(client: RawClient): Promise<void> {
  client.sendLine('n NOOP')
  const lines = await client.readLines((line) => line.startsWith('n '))
  assert.match(lines.at(-1) ?? '', /^n OK/)
}

test('a renewed certificate is what newcomers see, and no session ends for it', async () => {
  const standing = await suite.connect('imaps')
  await standing.readLine()
  await logIn(standing, 'imaps', 'ada@example.test')
  const old = await fingerprint()
  suite.tls.replace(testAuthority().issue(['mail.example.test', '127.0.0.1']))
  assert.notEqual(await fingerprint(), old)
  await noop(standing)
  const next = await suite.connect('imaps')
  await next.readLine()
  await logIn(next, 'imaps', 'ada@example.test')
  await noop(next)
  await noop(standing)
  standing.close()
  next.close()
})
