import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { RawClient } from '@posthouse/testkit'
import { ImapSession } from '../journeys/house/imap-session.ts'
import { password, ProcessSuite, type PortName } from '../journeys/house/process-suite.ts'
import { sampleMail } from '../journeys/house/sample-mail.ts'
import { transportTo } from '../journeys/house/transport.ts'
import { waitFor } from '../journeys/house/wait-for.ts'
import { descendantsOf } from './process-tree.ts'

const user = 'ada@example.test'
let suite: ProcessSuite

before(async () => {
  suite = await ProcessSuite.start()
  await suite.account(user)
})
after(() => suite.stop())

/** Stops every process of Postgres with SIGSTOP: it is there, it answers nothing. Returns how to let it go on. */
async function hang(): Promise<() => void> {
  const postmaster = await suite.pidOf('postgres')
  process.kill(postmaster, 'SIGSTOP')
  const pids = [postmaster, ...(await descendantsOf(postmaster))]
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  return () => {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
}

async function connect(name: PortName, tls: boolean): Promise<RawClient> {
  const ca = await readFile(suite.caFile, 'utf8')
  const serverName = 'mail.example.test'
  return RawClient.connect({ port: suite.ports[name], tls, ca, serverName })
}

/** Speaks to the MX until it answers the recipient or the end of data. */
async function deliver(): Promise<string> {
  const client = await connect('mx', false)
  const ask = async (line: string): Promise<string> => {
    client.sendLine(line)
    const lines = await client.readLines((each) => /^\d{3} /.test(each))
    return lines.at(-1) ?? ''
  }
  try {
    await client.readLine()
    await ask('EHLO elsewhere.test')
    await ask('MAIL FROM:<a@elsewhere.test>')
    const recipient = await ask(`RCPT TO:<${user}>`)
    if (!recipient.startsWith('250')) return recipient
    await ask('DATA')
    client.send(sampleMail(1, 'a@elsewhere.test', user))
    return await ask('.')
  } finally {
    client.close()
  }
}

async function logIn(name: 'imaps' | 'pop3s'): Promise<string> {
  const client = await connect(name, true)
  await client.readLine()
  try {
    if (name === 'imaps') {
      client.sendLine(`a1 LOGIN ${user} ${password}`)
      return (await client.readLines((line) => line.startsWith('a1 '))).at(-1) ?? ''
    }
    client.sendLine(`USER ${user}`)
    await client.readLine()
    client.sendLine(`PASS ${password}`)
    return await client.readLine()
  } finally {
    client.close()
  }
}

test('while Postgres hangs, every door says "later" and nothing is acknowledged', async () => {
  const kept = await count()
  const goOn = await hang()
  try {
    assert.match(await deliver(), /^451 4\.3\.0/)
    assert.match(await logIn('imaps'), /^a1 NO \[UNAVAILABLE\]/)
    assert.match(await logIn('pop3s'), /^-ERR \[SYS\/TEMP\]/)
    const transport = transportTo(suite, 'submission', { user })
    await assert.rejects(transport.sendMail({ from: user, to: user, text: '.' }), /454/)
    transport.close()
  } finally {
    goOn()
  }
  await recovered()
  assert.equal(await count(), kept)
})

test('after it all doors are open again, by themselves', async () => {
  const kept = await count()
  const reply = await waitFor('a 250', async () => {
    const said = await deliver()
    return said.startsWith('250') ? said : undefined
  })
  assert.match(reply, /^250 2\.0\.0 /)
  assert.equal(await count(), kept + 1)
})

async function recovered(): Promise<void> {
  await waitFor('logins to work', async () => {
    return (await logIn('imaps')).startsWith('a1 OK') ? true : undefined
  })
}

async function count(): Promise<number> {
  const imap = await ImapSession.open(suite, user)
  const messages = await imap.count('INBOX')
  await imap.close()
  return messages
}
