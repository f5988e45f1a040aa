import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { createLog } from './create-log.ts'
import { logDesk } from './log-desk.ts'
import { LogFilter, type LogQuestion } from './log-filter.ts'

const everything: LogQuestion = { level: 'trace', apps: [], names: [] }

function written(app = 'imap') {
  const events: string[] = []
  const destination = { write: (line: string) => events.push(JSON.parse(line).event) }
  return { events, log: createLog({ level: 'info', app, destination }) }
}

/** What is heard of these questions, by event. */
function heard(question: Partial<LogQuestion>) {
  const events: string[] = []
  const stop = logDesk.listen(new LogFilter({ ...everything, ...question }), (line) =>
    events.push(JSON.parse(line).event),
  )
  stops.push(stop)
  return { events, stop }
}

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  for (const { module } of logDesk.changes()) logDesk.setLevel(module, undefined, 0)
  assert.ok(logDesk.isAtRest)
})

test('a level is another one for the module alone, then what it was', async () => {
  const { events, log } = written()
  const child = log.child({ connection: 'c1' })
  logDesk.setLevel('imap.fetch', 'debug', 60_000)
  child.debug('imap.fetch.begun')
  child.debug('imap.fetched')
  child.debug('store.read')
  assert.deepEqual(events, ['imap.fetch.begun'])
  assert.equal(logDesk.changes()[0]?.module, 'imap.fetch')
  logDesk.setLevel('imap.fetch', 'debug', 1)
  while (!logDesk.isAtRest) await new Promise((resolve) => setTimeout(resolve, 2))
  child.debug('imap.fetch.begun')
  assert.equal(events.length, 1)
})

test('the most exact change counts: an event before its app, its app before all; louder or quieter', () => {
  const { events, log } = written()
  const other = written('mx')
  logDesk.setLevel('all', 'error', 60_000)
  logDesk.setLevel('imap', 'warn', 60_000)
  logDesk.setLevel('store.slow', 'trace', 60_000)
  log.info('tls.renewed')
  log.warn('grants.unchecked')
  log.trace('store.slow.query')
  other.log.warn('smtp.refused')
  other.log.error('smtp.bug')
  assert.deepEqual(events, ['grants.unchecked', 'store.slow.query'])
  assert.deepEqual(other.events, ['smtp.bug'])
})

test('in one process with others an app is known by its child log', () => {
  const { events, log } = written('together')
  const pop3 = log.child({ app: 'pop3' })
  logDesk.setLevel('pop3', 'debug', 60_000)
  pop3.child({ connection: 'c1' }).debug('store.read')
  log.debug('store.read')
  assert.equal(events.length, 1)
})

test('who listens hears more than is written, and what is written stays what it was', () => {
  const { events, log } = written()
  const all = heard({ level: 'debug' })
  const loud = heard({ level: 'error' })
  log.trace('a.trace')
  log.debug('a.debug', { password: 'geheim' })
  log.info('a.info')
  log.error('a.error')
  assert.deepEqual(events, ['a.info', 'a.error'])
  assert.deepEqual(all.events, ['a.debug', 'a.info', 'a.error'])
  assert.deepEqual(loud.events, ['a.error'])
  all.stop()
  log.debug('a.debug')
  assert.equal(all.events.length, 3)
})

test('a silent log is heard, too: it was configured to write nothing', () => {
  const { events } = heard({})
  createLog({ level: 'silent', destination: { write: () => assert.fail('written') } }).info('a.b')
  assert.deepEqual(events, ['a.b'])
})

test('lines are chosen by app and by what they are about, and a connection is followed from then on', () => {
  const { log } = written()
  const mx = written('mx')
  const ofApp = heard({ apps: ['mx'] })
  const ofAda = heard({ names: ['ADA@example.test', 'QID1'] })
  const c1 = log.child({ connection: 'c1' })
  const c2 = log.child({ connection: 'c2' })
  c1.info('imap.connected')
  c1.info('imap.login.ok', { account: 'ada@example.test' })
  c2.info('imap.login.ok', { account: 'bob@example.test' })
  c1.info('imap.session.over')
  c2.info('imap.session.over')
  mx.log.info('smtp.stored', { queueIds: ['qid0', 'qid1'] })
  mx.log.info('smtp.stored', { text: 'about ada@example.test' })
  assert.deepEqual(ofApp.events, ['smtp.stored', 'smtp.stored'])
  assert.deepEqual(ofAda.events, ['imap.login.ok', 'imap.session.over', 'smtp.stored'])
})

test('so many connections that have named somebody are followed, the latest', () => {
  const { log } = written()
  const { events } = heard({ names: ['ada'] })
  for (let i = 0; i <= 1_000; i += 1) log.info('in', { connection: `c${i}`, account: 'ada' })
  log.info('out', { connection: 'c0' })
  log.info('out', { connection: 'c1' })
  assert.equal(events.length, 1_002)
})
