import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { ImapSession } from '../journeys/house/imap-session.ts'
import { Pop3Session } from '../journeys/house/pop3-session.ts'
import { ProcessSuite } from '../journeys/house/process-suite.ts'
import { waitFor } from '../journeys/house/wait-for.ts'
import { DeliveryStream } from './delivery-stream.ts'

const count = process.env['POSTHOUSE_TEST_LONG'] === '1' ? 20_000 : 500
const victims = ['mx', 'imap', 'pop3', 'submission', 'delivery', 'web', 'postgres'] as const
let suite: ProcessSuite

before(async () => {
  suite = await ProcessSuite.start()
})
after(() => suite.stop())

for (const victim of victims)
  test(`kill -9 of ${victim} during ${count} deliveries loses and doubles nothing`, async (t) => {
    const user = `${victim}@example.test`
    await suite.account(user)
    const stream = new DeliveryStream(suite.ports.mx, user, count)
    const running = stream.run()
    const killed = new Set<number>()
    for (const share of [0.2, 0.5, 0.8]) {
      await stream.reached(Math.floor(count * share))
      const pid = await anotherPid(victim, killed)
      killed.add(pid)
      process.kill(pid, 'SIGKILL')
    }
    await running
    await anotherPid(victim, killed)
    t.diagnostic(`${killed.size} kills, ${stream.resent} messages sent again`)
    const numbers = await storedNumbers(user)
    assert.deepEqual(stream.findings(numbers), [])
    const pop3 = await waitFor('POP3', () => Pop3Session.open(suite, user).catch(() => undefined))
    assert.equal((await pop3.sizes()).length, numbers.length)
    await pop3.close()
  })

test('after all of it, every app and Postgres run, and status tells of the restarts', async () => {
  for (const name of victims) await suite.pidOf(name)
  const status = await suite.status()
  assert.ok(status)
  for (const { name, restarts } of status.apps) assert.ok(restarts > 0, name)
  assert.ok(status.database.restarts > 0)
  const { code, stdout } = await suite.posthouse(['status', '--json'])
  assert.equal(code, 0, stdout)
})

/** The process that does this work now and is none of these; status may be a moment behind. */
function anotherPid(name: string, killed: ReadonlySet<number>): Promise<number> {
  return waitFor(`another ${name}`, async () => {
    const pid = await suite.pidOf(name)
    return killed.has(pid) ? undefined : pid
  })
}

/** The numbers of the messages in a user's INBOX; the database may still be recovering. */
async function storedNumbers(user: string): Promise<readonly number[]> {
  return waitFor('the INBOX', async () => {
    try {
      const imap = await ImapSession.open(suite, user)
      const fetched = await imap.fetchAll('INBOX')
      await imap.close()
      return fetched.map(({ body }) => Number(/^Subject: message (\d+)/m.exec(body)?.[1]))
    } catch {
      await setTimeout(250)
      return undefined
    }
  })
}
