import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { test } from 'node:test'
import { connect, createSecureContext } from 'node:tls'
import { createLog } from '@posthouse/telemetry'
import { testAuthority } from '@posthouse/testkit'
import { challengeTls } from './challenge-tls.ts'

test('who asks by the challenge’s protocol and names no server is refused as the protocol has it', async () => {
  const { leaf } = testAuthority()
  const context = createSecureContext(leaf)
  const none = { challenges: async () => [], onChallenge: () => () => undefined }
  const log = createLog({ level: 'silent', format: 'json' })
  const challenges = challengeTls(none, { current: () => context }, log)
  const server = createServer({ ...leaf, ...challenges.options })
  const faults: string[] = []
  server.on('tlsClientError', (error) => faults.push(error.message))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  try {
    const { port } = address
    const at = { port, host: '127.0.0.1', rejectUnauthorized: false }
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = connect({ ...at, maxVersion, ALPNProtocols: ['acme-tls/1'] })
      const [error] = (await once(socket, 'error')) as [Error]
      assert.match(error.message, /no application protocol/, maxVersion)
    }
    assert.doesNotMatch(faults.join('\n'), /is not a function/)
  } finally {
    challenges.close()
    server.close()
  }
})
