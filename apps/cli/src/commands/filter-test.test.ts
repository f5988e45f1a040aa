import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { DEFAULT_ATTACHMENT_POLICY, DEFAULT_THRESHOLDS } from '@posthouse/filter'
import { FilterSettings, filterSettingNames } from '@posthouse/store'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let house: CommandHouse
before(async () => {
  house = await openCommandHouse()
  await house.account('ada@example.test')
})
after(() => house.close())

const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'

function letter(subject: string, body: string): string {
  const fields = [
    'From: Grace <grace@elsewhere.example>',
    'To: Ada <ada@example.test>',
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${subject.replaceAll(' ', '.')}@elsewhere.example>`,
    `Subject: ${subject}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  ]
  return `${fields.join('\r\n')}\r\n\r\n${body}\r\n`
}

test('what the settings say of attachments and points is what the filter has by itself', () => {
  const settings = new FilterSettings()
  const names = filterSettingNames.filter((name) => name.startsWith('attachments.'))
  const policy = Object.fromEntries(
    names.map((name) => [name.slice('attachments.'.length), settings.get(name)]),
  )
  assert.deepEqual(policy, DEFAULT_ATTACHMENT_POLICY)
  const { tag, junk, reject } = DEFAULT_THRESHOLDS
  assert.deepEqual(
    [settings.get('inbound.tag'), settings.get('inbound.junk'), settings.get('inbound.reject')],
    [tag, junk, reject],
  )
})

test('a message is tried: what would become of it, why, and where an account’s copy would go', async () => {
  const spam = await house.file('spam.eml', letter('an offer', gtube))
  const { code, stdout } = await house.run('filter', 'test', spam, '--explain')
  assert.equal(code, 0)
  assert.match(stdout, /^It would be refused \(spam\): \d+(\.\d+)? points, Junk is from 6\./)
  assert.match(stdout, /\d+ +GTUBE/)
  assert.match(stdout, /gtube +done/)
  const ham = await house.file('ham.eml', letter('notes', 'Here are the notes.'))
  const verdict = await house.json('filter', 'test', ham, '--for', 'ada@example.test')
  assert.deepEqual([verdict['action'], verdict['placement']], ['deliver', 'inbox'])
  await house.ok('filter', 'block', 'add', 'elsewhere.example', '--for', 'ada@example.test')
  const blocked = await house.json('filter', 'test', ham, '--for', 'ada@example.test')
  assert.equal(blocked['placement'], 'junk')
  await house.ok('filter', 'block', 'remove', 'elsewhere.example', '--for', 'ada@example.test')
  await house.refused(5, 'filter', 'test', path.join(path.dirname(ham), 'absent'))
})

test('the filter learns spam and ham from files and folders, each once, for one or for all', async () => {
  const folder = path.dirname(await house.file('x', 'x'))
  const kinds = { spam: 'cheap pills and watches for you', ham: 'the minutes of our meeting' }
  for (const [kind, text] of Object.entries(kinds)) {
    await mkdir(path.join(folder, kind, 'more'), { recursive: true })
    for (let i = 0; i < 12; i++) {
      const where = i % 2 === 0 ? kind : path.join(kind, 'more')
      const body = `${text} ${'abcdefghijkl'[i]?.repeat(5) ?? ''}`
      await writeFile(path.join(folder, where, `${i}.eml`), letter(`${kind} ${i}`, body))
    }
    const dry = await house.run('filter', 'train', kind, path.join(folder, kind), '-n')
    assert.match(dry.stderr, new RegExp(`Would learn ${kind} from 12 messages`))
    const taught = await house.json('filter', 'train', kind, path.join(folder, kind))
    assert.deepEqual([taught['learnt'], taught['known']], [12, 0])
  }
  const again = await house.json('filter', 'train', 'spam', path.join(folder, 'spam'))
  assert.deepEqual([again['learnt'], again['known']], [0, 12])
  const one = path.join(folder, 'spam', '0.eml')
  const own = await house.json('filter', 'train', 'spam', one, '--for', 'ada@example.test')
  assert.deepEqual([own['for'], own['learnt']], ['ada@example.test', 1])
  const mbox = await house.file('box', `From x Mon Jan  1 00:00:00 2026\r\n${letter('a', 'b')}`)
  const partly = await house.run('filter', 'train', 'ham', mbox, path.join(folder, 'ham'))
  assert.equal(partly.code, 9)
  assert.match(partly.stderr, /it is an mbox of several/)
  const [line] = await house.store.audit.list({ object: 'everybody' })
  assert.equal(line?.action, 'filter.trained-ham')
  await house.refused(5, 'filter', 'train', 'ham', path.join(folder, 'nowhere'))
  await house.refused(2, 'filter', 'train', 'eggs', one)
})

async function listening(answer: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answer))
  })
  // A test that fails before it closes it must not wait for it.
  server.unref()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

test('the status tells of every stage, and of a scanner that does not answer', async () => {
  const bare = await house.run('filter', 'status')
  assert.equal(bare.code, 0)
  assert.match(bare.stdout, /attachments +OK +built in/)
  assert.match(bare.stdout, /Header from 4 points, Junk from 6, kept aside from never/)
  assert.match(bare.stderr, /No virus scanner is configured/)
  const server = await listening('ClamAV 1.4.3\0')
  const bound = server.address()
  assert.ok(bound !== null && typeof bound === 'object')
  const settings = [`clamd.address=127.0.0.1:${bound.port}`, 'stages.off=links']
  await house.ok('filter', 'set', ...settings)
  const well = await house.ok('filter', 'status')
  assert.match(well, /clamd +OK +ClamAV 1\.4\.3/)
  assert.match(well, /links +OFF/)
  server.close()
  await once(server, 'close')
  const { code, stdout } = await house.run('filter', 'status', '--json')
  assert.equal(code, 3)
  const document = JSON.parse(stdout) as { stages: { name: string; state: string; text: string }[] }
  const clamd = document.stages.find(({ name }) => name === 'clamd')
  assert.equal(clamd?.state, 'FAIL')
  assert.match(clamd.text, /ECONNREFUSED.*\(then: defer\)/)
})
