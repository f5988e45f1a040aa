import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { ControlDesk } from '@posthouse/app'
import { createLog, logDesk, silentLog } from '@posthouse/telemetry'
import { controlName, reachable } from './control-place.ts'
import { openControlSocket } from './control-socket.ts'
import { ControlTree } from './control-tree.ts'

async function folderOf(t: TestContext, more = ''): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'control-'))
  t.after(() => rm(made, { recursive: true, force: true }))
  const folder = path.join(made, more)
  await mkdir(folder, { recursive: true })
  return folder
}

async function openOn(t: TestContext, folder: string, desk = new ControlDesk()) {
  const control = await openControlSocket(folder, new ControlTree(desk), silentLog)
  t.after(() => control.close())
  return control
}

/** Says this, and gives everything that comes back. */
async function talk(folder: string, words: string | Buffer): Promise<string> {
  const place = reachable(folder)
  const socket = net.connect(path.join(place.path, controlName))
  socket.on('error', () => undefined)
  socket.write(words)
  let heard = ''
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text))
  await new Promise((resolve) => socket.once('close', resolve))
  place.leave()
  return heard
}

test('a request is answered by all who have something to say, and one that fails spoils nothing', async (t) => {
  const folder = await folderOf(t)
  const desk = new ControlDesk()
  await openOn(t, folder, desk)
  desk.handle('imap', 'health', () => ({ isWell: true, because: null }))
  desk.handle('pop3', 'health', () => Promise.reject(new Error('broken')))
  const { parts } = JSON.parse(await talk(folder, '{"ask":"health"}\n'))
  const { pid } = process
  assert.deepEqual(parts, [
    { app: 'imap', pid, answer: { isWell: true, because: null } },
    { app: 'pop3', pid, silent: 'broken' },
  ])
})

test('who takes too long to answer is told of', async () => {
  const desk = new ControlDesk()
  desk.handle('imap', 'health', () => new Promise(() => undefined))
  const [part] = await desk.ask('health', null, 20)
  assert.ok(part !== undefined && 'silent' in part && /no answer within/.test(part.silent))
})

test('what is no request is refused, and the next client is served', async (t) => {
  const folder = await folderOf(t)
  await openOn(t, folder)
  const nonsense: readonly (string | Buffer)[] = [
    'hello\n',
    '\n',
    '[]\n',
    '{"ask":"constructor"}\n',
    '{"ask":"kick"}\n',
    '{"ask":"kick","args":{"account":"a","protocol":"http"}}\n',
    '{"ask":"sessions","args":{"account":{"$ne":1}}}\n',
    Buffer.from([0xff, 0x00, 0x0a]),
  ]
  for (const words of nonsense)
    assert.equal(await talk(folder, words), '{"error":"no such request"}\n', String(words))
  assert.equal(await talk(folder, '{"ask":"health"}\n'), '{"parts":[]}\n')
})

test('a line that does not end is cut off at a few kilobytes', async (t) => {
  const folder = await folderOf(t)
  await openOn(t, folder)
  assert.equal(await talk(folder, Buffer.alloc(1024 * 1024, 'x')), '')
  assert.equal(await talk(folder, '{"ask":"health"}\n'), '{"parts":[]}\n')
})

test('clients that say nothing hold nobody up, and are gone when it closes', async (t) => {
  const folder = await folderOf(t)
  const control = await openOn(t, folder)
  const silent = Array.from({ length: 20 }, () => net.connect(path.join(folder, controlName)))
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  assert.equal(await talk(folder, '{"ask":"health"}\n'), '{"parts":[]}\n')
  const closed = silent.map((socket) => once(socket.resume(), 'close'))
  await control.close()
  await Promise.all(closed)
})

test('a client that hangs up before the answer leaves no trace', async (t) => {
  const folder = await folderOf(t)
  const desk = new ControlDesk()
  await openOn(t, folder, desk)
  const asked = Promise.withResolvers<void>()
  desk.handle('imap', 'health', async () => {
    asked.resolve()
    await pause(20)
    return { isWell: true, because: null }
  })
  const socket = net.connect(path.join(folder, controlName))
  socket.write('{"ask":"health"}\n')
  await asked.promise
  socket.destroy()
  await once(socket, 'close')
  assert.match(await talk(folder, '{"ask":"health"}\n'), /"isWell":true/)
})

test('only its owner may enter, what a dead suite left is replaced, and nothing is left at the end', async (t) => {
  const folder = await folderOf(t)
  await writeFile(path.join(folder, controlName), 'left behind')
  const mask = process.umask(0)
  t.after(() => process.umask(mask))
  const control = await openOn(t, folder)
  const { mode } = await stat(path.join(folder, controlName))
  assert.equal(mode & 0o777, 0o600)
  assert.equal(process.umask(), 0)
  await control.close()
  assert.deepEqual(await readdir(folder), [])
})

test(
  'a data folder with a long name is served, too',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const folder = await folderOf(t, path.join('a'.repeat(90), 'b'.repeat(90)))
    const control = await openOn(t, folder)
    assert.deepEqual(await readdir(folder), [controlName])
    assert.equal(await talk(folder, '{"ask":"health"}\n'), '{"parts":[]}\n')
    await control.close()
    assert.deepEqual(await readdir(folder), [])
  },
)

/** Follows the log until it is told to hang up. */
async function listenTo(folder: string, args: object) {
  const socket = net.connect(path.join(folder, controlName))
  socket.write(`${JSON.stringify({ ask: 'log-follow', args })}\n`)
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => JSON.parse(String((await lines.next()).value))
  assert.deepEqual(await next(), { following: true })
  return { socket, next }
}

async function until(claim: () => boolean): Promise<void> {
  for (let i = 0; !claim(); i += 1) {
    assert.ok(i < 3_000, 'it did not come to pass')
    await pause(10)
  }
}

const everything = { level: 'trace', apps: [], names: [] }
const quiet = createLog({ level: 'silent', app: 'imap' })

test('who listens hears the log as it comes, and a client that hangs up is listened for no more', async (t) => {
  const folder = await folderOf(t)
  await openOn(t, folder)
  const { socket, next } = await listenTo(folder, everything)
  quiet.debug('a.b', { n: 1 })
  const { time: _, ...record } = (await next()) as Record<string, unknown>
  assert.deepEqual(record, { level: 'debug', app: 'imap', n: 1, event: 'a.b' })
  assert.ok(!logDesk.isAtRest)
  socket.destroy()
  await until(() => logDesk.isAtRest)
  for (const args of [{}, { ...everything, level: 'loud' }, { ...everything, names: 'x' }])
    assert.match(
      await talk(folder, `${JSON.stringify({ ask: 'log-follow', args })}\n`),
      /no such request/,
    )
})

test('a listener that does not read costs a megabyte, hears what was left out, and holds nothing up at the end', async (t) => {
  const folder = await folderOf(t)
  const control = await openOn(t, folder)
  const { next } = await listenTo(folder, everything)
  const text = 'x'.repeat(1_000)
  for (let i = 0; i < 20_000; i += 1) quiet.info('a.b', { i, text })
  let heard = 0
  let lost = 0
  // What is told of the loss comes with the first line that gets through again.
  const again = setInterval(() => quiet.info('again'), 20)
  while (lost === 0) {
    const record = (await next()) as { event?: string; dropped?: number }
    if (record.event === 'a.b') heard += 1
    lost = record.dropped ?? 0
  }
  clearInterval(again)
  // Of those lines some may have been left out, too.
  assert.ok(heard + lost >= 20_000 && heard < 20_000, `${heard} heard, ${lost} lost`)
  await control.close()
  await until(() => logDesk.isAtRest)
})
