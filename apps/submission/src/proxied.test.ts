import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RawClient, startSuite, type Suite } from '@posthouse/testkit'
import { app } from './app.ts'

async function ask(client: RawClient, line: string): Promise<string> {
  client.send(line)
  const lines = await client.readLines((one) => !/^\d{3}-/.test(one))
  return lines.join('\n')
}

describe('submission behind a proxy', () => {
  let suite: Suite
  before(async () => {
    suite = await startSuite({
      apps: [app],
      proxy: { networks: ['127.0.0.1'], ports: ['submission'] },
    })
    await suite.account('ada@example.test')
  })
  after(() => suite.stop())

  it('takes no password in the clear for a proxy that is on this machine', async () => {
    const client = await suite.connect('submission')
    const greeting = await ask(client, 'PROXY TCP4 192.0.2.1 198.51.100.7 56324 587\r\n')
    assert.match(greeting, /^220 /)
    assert.doesNotMatch(await ask(client, 'EHLO client.example.org\r\n'), /AUTH/)
    const plain = Buffer.from('\0ada@example.test\0analytical').toString('base64')
    assert.match(await ask(client, `AUTH PLAIN ${plain}\r\n`), /^538 /)
    client.close()
    const local = await suite.connect('submission')
    assert.match(await ask(local, 'PROXY UNKNOWN\r\n'), /^220 /)
    assert.doesNotMatch(await ask(local, 'EHLO client.example.org\r\n'), /AUTH/)
    local.close()
  })

  it('reads no header on ports that are not named', async () => {
    const client = await suite.connect('submissions')
    assert.match(await ask(client, 'EHLO client.example.org\r\n'), /^220 /)
    client.close()
  })
})
