import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { randomFrom } from '../../packages/store/src/testing/random.ts'
import { readSrs, writeSrs, type SrsKeys } from '../../packages/store/src/forward-srs.ts'
import { absent, findProgram } from '../journeys/house/run-program.ts'
import { freePorts } from '../journeys/house/free-ports.ts'
import { waitFor } from '../journeys/house/wait-for.ts'

// Senders as postsrsd rewrites them, under the same key and at the same time: both must write and read the same.

const domain = 'example.test'
const secret = 'not so secret'
const key = Buffer.from(secret)
const keys: SrsKeys = { newest: key, all: [key] }
const without = absent('postsrsd')
let folder: string
let daemon: ChildProcess
let ports: readonly number[] = []

before(async () => {
  if (without !== false) return
  folder = await mkdtemp(path.join(os.tmpdir(), 'srs-'))
  const file = path.join(folder, 'secret')
  await writeFile(file, `${secret}\n`)
  ports = await freePorts(2)
  const [forward, reverse] = ports
  daemon = spawn(
    findProgram('postsrsd') ?? 'postsrsd',
    ['-4', `-d${domain}`, `-s${file}`, `-f${forward}`, `-r${reverse}`],
    { stdio: 'ignore' },
  )
  await waitFor('postsrsd', () =>
    ask(1, 'x').then(
      () => true,
      () => undefined,
    ),
  )
})
after(async () => {
  if (without !== false) return
  daemon.kill()
  await once(daemon, 'exit')
  await rm(folder, { recursive: true, force: true })
})

/** One question over its table protocol (tcp_table(5)): 0 rewrites, 1 reads. Undefined: it says no. */
async function ask(which: 0 | 1, address: string): Promise<string | undefined> {
  const socket = connect(ports[which] ?? 0, '127.0.0.1')
  socket.setTimeout(20_000, () => socket.destroy(new Error('postsrsd does not answer')))
  await once(socket, 'connect')
  socket.end(`get ${encodeURIComponent(address)}\n`)
  let answer = ''
  for await (const piece of socket.setEncoding('utf8')) {
    answer += String(piece)
    if (answer.endsWith('\n')) break
  }
  socket.destroy()
  const [, found] = /^200 (.*)\n$/.exec(answer) ?? []
  return found === undefined ? undefined : decodeURIComponent(found)
}

function ours(address: string): string {
  const at = address.lastIndexOf('@')
  const origin = { local: address.slice(0, at), domain: address.slice(at + 1) }
  return `${writeSrs(keys, origin, new Date())}@${domain}`
}

function read(address: string): string | undefined {
  const found = readSrs(keys, address.slice(0, address.lastIndexOf('@')), new Date())
  return found === undefined || found === 'expired' ? undefined : `${found.local}@${found.domain}`
}

const senders = [
  'ada@example.org',
  'Ada.Lovelace+tag@Mail.Example.org',
  "o'neill=x=y@example.org",
  'bounces+123=456@list.example.org',
  'SRS0=vK1y=XZ=first.example=ada@two.example',
  'srs0+vK1y=XZ=first.example=ada@two.example',
  'SRS0-vK1y=XZ=first.example=ada@two.example',
  'SRS1=AbCd=two.example==vK1y=XZ=first.example=ada@three.example',
]

test('each writes what the other writes', { skip: without }, async () => {
  for (const sender of senders) assert.equal(await ask(0, sender), ours(sender), sender)
})

test('each reads what the other wrote, whatever the case', { skip: without }, async () => {
  for (const sender of senders) {
    const written = ours(sender)
    for (const form of [written, written.toLowerCase(), written.toUpperCase()]) {
      const theirs = await ask(1, form)
      assert.ok(theirs !== undefined, form)
      assert.equal(theirs.toLowerCase(), read(form)?.toLowerCase(), form)
    }
  }
})

test('neither reads what was changed', { skip: without }, async () => {
  for (const sender of senders) {
    const written = ours(sender)
    for (const changed of [
      written.replace(/(?<==)[^=]{4}(?==)/, 'AAAA'),
      written
        .replace('ada', 'eve')
        .replace('123', '124')
        .replace("o'n", 'o_n')
        .replace('Ada', 'Eva'),
      written.replace(/^(SRS.).{3}/i, '$1=AA'),
    ]) {
      if (changed === written) continue
      assert.equal(read(changed), undefined, changed)
      assert.equal(await ask(1, changed), undefined, changed)
    }
  }
})

const seed = Number(process.env['POSTHOUSE_SEED'] ?? Date.now() % 2 ** 31)

test(`any sender comes out the same (seed ${seed})`, { skip: without }, async () => {
  const random = randomFrom(seed)
  const from = 'abcXYZ019!#$&*+-=_{|}~.'
  const pick = (most: number): string =>
    Array.from({ length: 1 + random(most) }, () => from[random(from.length)] ?? '').join('')
  let compared = 0
  for (let i = 0; i < 200; i++) {
    const sender = `${pick(30)}@${pick(1).replace(/[^a-z]/gi, 'd')}.example`
    const theirs = await ask(0, sender)
    if (theirs === undefined) continue
    assert.equal(theirs, ours(sender), sender)
    assert.equal(read(theirs), sender)
    compared++
  }
  assert.ok(compared > 100, `postsrsd rewrote ${compared} of 200`)
})
