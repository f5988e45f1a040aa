import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exposition } from './exposition.ts'
import { mergeMetrics } from './merge-metrics.ts'
import { PastProcesses } from './past-processes.ts'
import { Registry } from './registry.ts'
import type { ProcessSnapshot } from './snapshot.ts'

function textOf(...registries: readonly Registry[]): string {
  return exposition(mergeMetrics(registries.map((one) => one.snapshot())))
}

test('a counter tells all its combinations from the start, so that the first one is a rise', () => {
  const registry = new Registry()
  const messages = registry.counter('messages_total', {
    help: 'Messages.',
    labels: { role: ['mx', 'submission'], result: ['ok', 'refused'] },
  })
  messages.add({ role: 'submission', result: 'ok' })
  messages.add({ result: 'ok', role: 'submission' }, 2)
  assert.equal(messages.value({ role: 'submission', result: 'ok' }), 3)
  assert.equal(
    textOf(registry).split('# HELP posthouse_metrics_undeclared')[0],
    `# HELP posthouse_messages_total Messages.
# TYPE posthouse_messages_total counter
posthouse_messages_total{role="mx",result="ok"} 0
posthouse_messages_total{role="mx",result="refused"} 0
posthouse_messages_total{role="submission",result="ok"} 3
posthouse_messages_total{role="submission",result="refused"} 0
`,
  )
})

test('a value that was not declared is not counted, and is told as a bug', () => {
  const registry = new Registry()
  const messages = registry.counter('messages_total', { help: '.', labels: { role: ['mx'] } })
  // @ts-expect-error: it does not compile
  messages.add({ role: 'from a stranger' })
  assert.match(textOf(registry), /posthouse_messages_total\{role="mx"\} 0\n/)
  assert.match(textOf(registry), /posthouse_metrics_undeclared_total 1\n/)
  assert.doesNotMatch(textOf(registry), /stranger/)
})

test('own words are kept up to their number, and escaped', () => {
  const registry = new Registry()
  const expiry = registry.gauge('expiry', {
    help: 'a\\b\nc',
    labels: { name: { words: 'names', most: 2 } },
  })
  expiry.set({ name: 'a"b\\c\n' }, 1)
  expiry.set({ name: 'two' }, 2)
  expiry.set({ name: 'three' }, 3)
  const text = textOf(registry)
  assert.match(text, /^# HELP posthouse_expiry a\\\\b\\nc\n/)
  assert.match(text, /\nposthouse_expiry\{name="a\\"b\\\\c\\n"\} 1\n/)
  assert.doesNotMatch(text, /three/)
  assert.match(text, /undeclared_total 1\n/)
})

test('a gauge tells what it was set to, nothing before, and only what is there after it is replaced', () => {
  const registry = new Registry()
  const depth = registry.gauge('depth', { help: '.', labels: { state: ['held', 'waiting'] } })
  assert.doesNotMatch(textOf(registry), /depth/)
  depth.set({ state: 'held' }, 4)
  depth.replace([[{ state: 'waiting' }, 2]])
  assert.match(textOf(registry), /depth\{state="waiting"\} 2\n/)
  assert.doesNotMatch(textOf(registry), /held/)
  let size = 1
  const sessions = registry.gauge('sessions', { help: '.' })
  sessions.readBy(() => [[{}, size]])
  size = 7
  assert.match(textOf(registry), /sessions 7\n/)
})

test('a histogram tells its buckets cumulatively, and its bounds are inclusive', () => {
  const registry = new Registry()
  const took = registry.histogram('took_seconds', {
    help: '.',
    labels: { op: ['a', 'b'] },
    bounds: [0.1, 1],
  })
  for (const seconds of [0.05, 0.1, 0.5, 30]) took.observe({ op: 'b' }, seconds)
  const lines = textOf(registry)
    .split('\n')
    .filter((line) => line.startsWith('posthouse_took'))
  assert.deepEqual(lines, [
    'posthouse_took_seconds_bucket{op="b",le="0.1"} 2',
    'posthouse_took_seconds_bucket{op="b",le="1"} 3',
    'posthouse_took_seconds_bucket{op="b",le="+Inf"} 4',
    'posthouse_took_seconds_sum{op="b"} 30.65',
    'posthouse_took_seconds_count{op="b"} 4',
  ])
})

test('a name is declared once, and has the shape of one', () => {
  const registry = new Registry()
  registry.gauge('a_b', { help: '.' })
  assert.throws(() => registry.gauge('a_b', { help: '.' }), /twice/)
  assert.throws(() => registry.gauge('A b', { help: '.' }))
  assert.throws(() => registry.counter('a_c', { help: '.' }), /_total/)
})

/** A process of an app, that has counted so far and holds so many sessions. */
function processOf(app: string, process: string, count: number): ProcessSnapshot {
  const registry = new Registry()
  registry.app = app
  registry.counter('served_total', { help: '.', byApp: true }).add({}, count)
  registry.histogram('took_seconds', { help: '.', bounds: [1] }).observe({}, count)
  registry.gauge('open', { help: '.', byApp: true }).set({}, 1)
  registry.gauge('until', { help: '.', merge: 'min' }).set({}, count)
  const { metrics } = registry.snapshot()
  // As it comes over a channel.
  return JSON.parse(JSON.stringify({ app, process, metrics }))
}

test('processes are added up, by app where that is of interest, and gauges as they say', () => {
  const text = exposition(
    mergeMetrics([processOf('imap', '1', 5), processOf('imap', '2', 7), processOf('mx', '3', 100)]),
  )
  assert.match(text, /served_total\{app="imap"\} 12\n/)
  assert.match(text, /served_total\{app="mx"\} 100\n/)
  assert.match(text, /open\{app="imap"\} 2\n/)
  assert.match(text, /until 5\n/)
  assert.match(text, /took_seconds_sum 112\n/)
  assert.match(text, /took_seconds_count 3\n/)
})

test('what dead processes counted stays in the sum, and what they held does not', () => {
  const past = new PastProcesses()
  past.join([processOf('imap', '1', 5), processOf('imap', '2', 7)])
  past.join([processOf('imap', '2', 8), processOf('imap', '3', 0)])
  past.join([processOf('imap', '3', 1)])
  const text = exposition(past.join([processOf('imap', '3', 2)]))
  assert.match(text, /served_total\{app="imap"\} 15\n/)
  assert.match(text, /open\{app="imap"\} 1\n/)
  assert.match(text, /took_seconds_sum 15\n/)
})

const isAlive = (): boolean => true

test('a process that is only slow counts with what it said last, once', () => {
  const past = new PastProcesses()
  past.join([processOf('imap', '1', 5)], isAlive)
  assert.match(exposition(past.join([], isAlive)), /served_total\{app="imap"\} 5\n/)
  assert.match(exposition(past.join([processOf('imap', '1', 6)])), /served_total\{app="imap"\} 6\n/)
})
