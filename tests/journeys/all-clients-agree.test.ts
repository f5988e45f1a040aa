import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { ImapFlow } from 'imapflow'
import {
  curlClient,
  imapflowClient,
  imaplibClient,
  type AgreeingClient,
  type Seen,
  type Task,
} from './house/agreeing-clients.ts'
import { mbsyncClient, offlineimapClient } from './house/maildir-clients.ts'
import { startListeningRelay, type ListeningRelay } from './house/listening-relay.ts'
import { connectImapFlow } from './house/mailbox-state.ts'
import { neomuttClient } from './house/neomutt-client.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { makeScratch, type Scratch } from './house/scratch.ts'
import { transportTo } from './house/transport.ts'

const user = 'ada@example.test'
let suite: ProcessSuite
let scratch: Scratch
let relay: ListeningRelay
let imapflow: ImapFlow
let clients: readonly AgreeingClient[]

before(async () => {
  suite = await ProcessSuite.start({ args: ['mx', 'imap'] })
  scratch = await makeScratch()
  await suite.account(user)
  relay = await startListeningRelay(suite.ports.imap)
  imapflow = await connectImapFlow(suite, user)
  const ground = { port: relay.port, user, scratch }
  clients = [
    imapflowClient(imapflow),
    imaplibClient(ground),
    curlClient(ground),
    await mbsyncClient(ground),
    await offlineimapClient(ground),
    await neomuttClient(ground),
  ]
})
after(async () => {
  await imapflow.logout().catch(() => undefined)
  await relay.stop()
  await suite.stop()
  await scratch.remove()
})

async function deliver(names: readonly string[]): Promise<void> {
  const transport = transportTo(suite, 'mx', { connections: 1 })
  for (const name of names)
    await transport.sendMail({
      from: 'a@elsewhere.test',
      to: user,
      subject: `${name} here`,
      text: name,
    })
  transport.close()
}

/** What this client's messages come to. */
function taskOf({ name }: AgreeingClient): Task {
  return { flag: `${name}-flag`, move: `${name}-move`, remove: `${name}-remove` }
}

/** Sees that every client holds this, each asking as often as it needs. */
async function untilAllHold(present: readonly AgreeingClient[], wanted: Seen): Promise<void> {
  const deadline = Date.now() + 180_000
  for (const client of present) {
    for (;;) {
      const seen = await client.see()
      if (JSON.stringify(seen) === JSON.stringify(wanted)) break
      if (Date.now() > deadline) assert.deepEqual(seen, wanted, client.name)
      await pause(200)
    }
  }
}

test('six clients flag, move and delete at the same time, while mail arrives, until all agree', async () => {
  const present = clients.filter(({ skip }) => skip === false)
  const untouched = ['one', 'two', 'three']
  const tasks = present.map(taskOf)
  await deliver([...untouched, ...tasks.flatMap(({ flag, move, remove }) => [flag, move, remove])])
  for (const client of present) await client.begin()
  const late = ['late-one', 'late-two', 'late-three']
  await Promise.all([deliver(late), ...present.map((client) => client.work(taskOf(client)))])
  await untilAllHold(present, {
    INBOX: [
      ...[...untouched, ...late].map((name) => `${name} here`),
      ...tasks.map(({ flag }) => `${flag} here \\Flagged`),
    ].toSorted(),
    Archive: tasks.map(({ move }) => `${move} here`).toSorted(),
  })
  assert.deepEqual(relay.bad, [])
})

for (const name of ['imaplib', 'curl', 'mbsync', 'offlineimap', 'neomutt']) {
  test(`${name} took part`, (t) => {
    const skip = clients.find((each) => each.name === name)?.skip
    assert.notEqual(skip, undefined)
    if (skip !== undefined && skip !== false) t.skip(skip)
  })
}
