import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { app as delivery } from '@posthouse/delivery'
import { app as mx } from '@posthouse/mx'
import { connectSmtp, type SmtpClient } from '@posthouse/smtp'
import { startSuite, testActor, type Suite } from '@posthouse/testkit'
import { isRefusedBySmtp } from './house/corpus.ts'

const folder = path.join(process.env['POSTHOUSE_CORPORA'] ?? '', 'dsn')
const skip = existsSync(folder) ? false : 'the corpora are not there (POSTHOUSE_CORPORA)'

/** The bounces of other people's hosts, as they would come in. */
async function foreignReports(): Promise<readonly { name: string; octets: Buffer }[]> {
  const reports: { name: string; octets: Buffer }[] = []
  for await (const name of glob('**/*.eml', { cwd: folder })) {
    const text = (await readFile(path.join(folder, name))).toString('latin1')
    const octets = Buffer.from(text.replaceAll(/\r\n|\r|\n/g, '\r\n'), 'latin1')
    if (!isRefusedBySmtp(octets)) reports.push({ name, octets })
  }
  return reports
}

async function connect(suite: Suite): Promise<SmtpClient> {
  const connected = await connectSmtp({
    host: 'localhost',
    address: '127.0.0.1',
    port: suite.port('mx'),
    name: 'mx.elsewhere.test',
    tls: 'none',
  })
  assert.ok(connected.ok)
  return connected.client
}

test(
  'no bounce of a foreign host makes us send anything, wherever it is addressed',
  { skip },
  async (t) => {
    const suite = await startSuite({ apps: [mx, delivery], mx: { greetingDelayMs: 0 } })
    t.after(() => suite.stop())
    await suite.account('ada@example.test')
    await suite.account('shut@example.test')
    await suite.store.accounts.setEnabled('shut@example.test', false, testActor)
    const there = ['ada@example.test', 'ada+tag@example.test']
    const notThere = ['nobody@example.test', 'shut@example.test']
    const reports = await foreignReports()
    assert.ok(reports.length > 300)
    let client = await connect(suite)
    let taken = 0
    for (const [at, { name, octets }] of reports.entries()) {
      // A client that names many addresses that are not there is slowed down: a few must do.
      const recipients = at < 5 ? [...there, ...notThere] : there
      if (!client.usable) client = await connect(suite)
      const message = {
        sender: '',
        recipients: recipients.map((address) => ({
          address,
          notify: ['failure', 'delay'] as const,
        })),
        octets: [octets],
        isEightBit: true,
        needsSmtpUtf8: false,
      }
      const { recipients: ends } = await client.send(message)
      const kinds = ends.map(({ outcome }) => outcome.kind)
      assert.ok(!kinds.includes('unknown'), name)
      if (at < 5) assert.deepEqual(kinds.slice(2), ['bounced', 'bounced'], name)
      if (kinds[0] === 'delivered') taken += 1
    }
    await client.quit()
    t.diagnostic(`${taken} of ${reports.length} were taken`)
    assert.ok(taken > 0)
    const { messages, waiting } = await suite.store.queue.status()
    assert.deepEqual({ messages, waiting }, { messages: 0, waiting: 0 })
  },
)
