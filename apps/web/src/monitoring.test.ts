import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { Control, Part } from '@posthouse/app'
import { Registry, silentLog, type ProcessSnapshot } from '@posthouse/telemetry'
import type { Suite } from '@posthouse/testkit'
import { limits } from './limits.ts'
import { ReadyDesk } from './monitoring/readiness.ts'
import { StoreGauges } from './monitoring/store-gauges.ts'
import { SuiteMetrics } from './monitoring/suite-metrics.ts'
import { ask, startWeb } from './web.fixture.ts'

const token = 'b2theSBiZXR0ZXIgdGhhbiBub3RoaW5n'

let suite: Suite
before(async () => {
  suite = await startWeb({ metrics: { tokenFile: 'metrics-token' } })
  await writeFile(path.join(suite.config.dataDir, 'metrics-token'), `${token}\n`)
})
after(() => suite.stop())

const here = { host: '127.0.0.1' }

test('whoever asks on this machine, by an address of it, reads the metrics', async () => {
  for (const host of ['127.0.0.1', '127.0.0.1:2080', 'localhost', '[::1]:2080']) {
    const { status, headers, body } = await ask(suite, '/metrics', { host, plain: true })
    assert.equal(status, 200, host)
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
    assert.equal(headers['cache-control'], 'no-store')
    assert.match(body, /\nposthouse_database_up 1\n/)
    assert.match(body, /\nposthouse_queue_messages\{state="held"\} 0\n/)
    assert.match(body, /\nposthouse_store_bytes \d+\n/)
    assert.match(body, /\nposthouse_metrics_undeclared_total 0\n/)
  }
})

test('for those behind a proxy there is no such document, and readiness is one word', async () => {
  const strangers = [
    { host: 'mail.example.test' },
    { host: 'example.test' },
    { ...here, headers: { 'x-forwarded-for': '127.0.0.1' } },
    { ...here, headers: { forwarded: 'for=127.0.0.1' } },
    { ...here, headers: { 'x-real-ip': '127.0.0.1' } },
    { ...here, headers: { via: '1.1 proxy' } },
  ]
  for (const asked of strangers) {
    const { status, body } = await ask(suite, '/metrics', asked)
    assert.deepEqual([status, body], [404, 'Not found.\n'], JSON.stringify(asked))
    const ready = await ask(suite, '/healthz/ready', asked)
    assert.deepEqual([ready.status, ready.body], [200, 'ok\n'], JSON.stringify(asked))
  }
})

test('nor is there one for a proxy that says nothing of whom it speaks for', async () => {
  const socket = connect(suite.port('http'), '127.0.0.1')
  socket.end('GET /metrics HTTP/1.0\r\nHost: 127.0.0.1:2080\r\nConnection: close\r\n\r\n')
  const said = Buffer.concat(await socket.toArray()).toString('latin1')
  assert.match(said, /^HTTP\/1\.1 404 /)
})

test('the token opens the metrics from everywhere, and nothing else does', async () => {
  const host = 'mail.example.test'
  const by = (authorization: string) => ask(suite, '/metrics', { host, headers: { authorization } })
  assert.equal((await by(`Bearer ${token}`)).status, 200)
  assert.equal((await by(`bearer  ${token}`)).status, 200)
  for (const wrong of ['', token, `Basic ${token}`, 'Bearer ', `Bearer ${token}x`, 'Bearer x']) {
    assert.equal((await by(wrong)).status, 404, wrong)
  }
  // A wrong one on this machine is a mistake that should be seen.
  const mistaken = { ...here, headers: { authorization: 'Bearer wrong' } }
  assert.equal((await ask(suite, '/metrics', mistaken)).status, 404)
})

test('a token that is too short, or whose file is gone, opens nothing', async () => {
  const { tokenFile = '' } = suite.config.metrics
  const headers = { authorization: 'Bearer short' }
  await writeFile(tokenFile, 'short\n')
  assert.equal((await ask(suite, '/metrics', { headers })).status, 404)
  await writeFile(tokenFile, '')
  assert.equal(
    (await ask(suite, '/metrics', { headers: { authorization: 'Bearer ' } })).status,
    404,
  )
  await writeFile(tokenFile, `${token}\n`)
})

test('a process that lives says so, and one that is ready says for which parts', async () => {
  const live = await ask(suite, '/healthz/live', { host: 'whatever.test', plain: true })
  assert.deepEqual([live.status, live.body], [200, 'ok\n'])
  const { status, body } = await ask(suite, '/healthz/ready', here)
  assert.equal(status, 200)
  const database = { name: 'database', ready: true, because: null }
  assert.deepEqual(JSON.parse(body), { ready: true, parts: [database] })
})

/** Processes as the line to the suite gives them. */
function controlOver(parts: () => readonly Part<unknown>[]): Control {
  return { handle: () => undefined, ask: () => Promise.resolve(parts() as readonly Part<never>[]) }
}

function snapshotOf(app: string, process: string, count: number): ProcessSnapshot {
  const registry = new Registry()
  registry.counter('things_total', { help: '.', byApp: true }).add({}, count)
  return { ...registry.snapshot(), app, process }
}

test('an app that does not answer is down, what it counted stays, and the others are told', async () => {
  const imap = { app: 'imap', pid: 1, answer: snapshotOf('imap', 'a', 5) }
  const pop3 = { app: 'pop3', pid: 2, answer: snapshotOf('pop3', 'b', 1) }
  let parts: readonly Part<unknown>[] = [
    imap,
    { ...imap, pid: 3, answer: snapshotOf('imap', 'c', 2) },
    pop3,
  ]
  const metrics = new SuiteMetrics(
    controlOver(() => parts),
    new StoreGauges(suite.store, silentLog),
  )
  assert.match(await metrics.text(), /up\{app="imap"\} 1\nposthouse_up\{app="pop3"\} 1\n/)
  // One of its processes hangs: it counts as it did.
  parts = [imap, { app: 'imap', pid: 3, silent: 'no answer within 5.0 s' }, pop3]
  const hung = await metrics.text()
  assert.match(hung, /up\{app="imap"\} 0\nposthouse_up\{app="pop3"\} 1\n/)
  assert.match(hung, /things_total\{app="imap"\} 7\nposthouse_things_total\{app="pop3"\} 1\n/)
  // It answers again, and another one has died.
  parts = [{ ...imap, pid: 3, answer: snapshotOf('imap', 'c', 4) }, pop3]
  assert.match(await metrics.text(), /things_total\{app="imap"\} 9\n/)
})

test('readiness names the part that is not', async () => {
  const parts = [
    { app: 'mx', pid: 1, answer: { isWell: false, because: 'the scanner is away' } },
    { app: 'mx', pid: 1, answer: { isWell: true, because: null } },
    { app: 'imap', pid: 2, silent: 'not running' },
    { app: 'imap', pid: 4, answer: { isWell: true, because: null } },
    { app: 'imap', pid: 5, silent: 'not running' },
    { app: 'pop3', pid: 3, answer: { isWell: true, because: null } },
  ]
  const desk = new ReadyDesk(
    controlOver(() => parts),
    suite.store,
  )
  assert.deepEqual(await desk.ask(), {
    isReady: false,
    parts: [
      { name: 'database', isReady: true, because: null },
      { name: 'mx', isReady: false, because: 'the scanner is away' },
      { name: 'imap', isReady: false, because: 'not running' },
      { name: 'pop3', isReady: true, because: null },
    ],
  })
})

test('a monitor that asks all the time writes to the database once a second', async () => {
  let writes = 0
  const desk = new ReadyDesk(undefined, {
    proveWritable: () => Promise.resolve(void (writes += 1)),
  })
  const begun = performance.now()
  await Promise.all(Array.from({ length: 50 }, () => desk.ask()))
  const seconds = (performance.now() - begun) / limits.readyFreshMs
  assert.ok(writes <= 1 + seconds, `${writes}`)
})

const never = new Promise<never>(() => undefined)

test('a database that does not answer is not ready', async () => {
  const { isReady, parts } = await new ReadyDesk(undefined, { proveWritable: () => never }).ask()
  assert.equal(isReady, false)
  assert.deepEqual(parts, [{ name: 'database', isReady: false, because: 'it does not answer' }])
})

test('a database that is away takes its figures out of the metrics, and one that only counts for long does not', async () => {
  const { store } = suite
  let vitalSigns: () => ReturnType<typeof store.vitalSigns> = () => store.vitalSigns()
  let isUp = true
  const gauges = new StoreGauges(
    { vitalSigns: () => vitalSigns(), isReady: () => Promise.resolve(isUp) },
    silentLog,
    { freshMs: 0, rest: 0 },
  )
  const metrics = new SuiteMetrics(undefined, gauges)
  assert.match(await metrics.text(), /\nposthouse_queue_messages\{state="held"\} 0\n/)
  // It takes more time than a scrape has, and then all that a statement gets.
  const count = Promise.withResolvers<never>()
  vitalSigns = () => count.promise
  const slow = await metrics.text()
  assert.match(slow, /\nposthouse_database_up 1\n/)
  assert.match(slow, /\nposthouse_queue_messages\{state="held"\} 0\n/)
  count.reject(new Error('canceling statement due to statement timeout'))
  const late = await metrics.text()
  assert.match(late, /\nposthouse_database_up 1\n/)
  assert.doesNotMatch(late, /posthouse_queue_|store_bytes/)
  isUp = false
  vitalSigns = () => Promise.reject(new Error('away'))
  assert.match(await metrics.text(), /\nposthouse_database_up 0\n/)
  isUp = true
  vitalSigns = () => store.vitalSigns()
  assert.match(await metrics.text(), /\nposthouse_store_bytes \d/)
})
