import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { createLog, silentLog } from './create-log.ts'
import { configureFaultPoints, faultPoint, InjectedFault } from './fault-point.ts'

function collecting() {
  const lines: string[] = []
  return { lines, destination: { write: (line: string) => lines.push(line) } }
}

afterEach(() => configureFaultPoints(undefined))

test('a line is JSON with the event, the app, the fields of the child and its own', () => {
  const { lines, destination } = collecting()
  const log = createLog({ level: 'info', app: 'mx', destination }).child({ connection: 'c1' })
  log.info('smtp.rcpt.refused', { because: 'unknown', recipient: 'a\r\nb@example.test' })
  log.debug('smtp.noise')
  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.split('\n').length, 2)
  const { time, ...record } = JSON.parse(lines[0] ?? '')
  assert.deepEqual(record, {
    level: 'info',
    app: 'mx',
    connection: 'c1',
    because: 'unknown',
    recipient: 'a\r\nb@example.test',
    event: 'smtp.rcpt.refused',
  })
  assert.match(time, /^\d{4}-\d\d-\d\dT.*Z$/)
})

test('errors are told with their cause, and what is called a password is not told', () => {
  const { lines, destination } = collecting()
  const log = createLog({ level: 'info', destination })
  const error = new Error('outer', { cause: new Error('inner') })
  log.error('x.failed', { error, password: 'geheim', auth: { password: 'geheim' } })
  const record = JSON.parse(lines[0] ?? '')
  assert.equal(record.error.message, 'outer')
  assert.equal(record.error.cause, 'Error: inner')
  assert.ok(!(lines[0] ?? '').includes('geheim'))
})

test('text for a terminal is one line, with odd values in quotes', () => {
  const { lines, destination } = collecting()
  createLog({ level: 'info', format: 'text', app: 'imap', destination }).warn('a.b', {
    n: 1,
    text: 'two words\u001b[31m',
    path: '/tmp/x',
  })
  assert.match(
    lines[0] ?? '',
    /^\d\d:\d\d:\d\d\.\d{3} WARN {2}imap a\.b n=1 text="two words\\u001b\[31m" path=\/tmp\/x\n$/,
  )
})

test('the silent log says nothing, and neither do its children', () => {
  silentLog.child({ a: 1 }).error('x')
})

test('a fault point does nothing until it is configured, and strikes on the pass it is told', async () => {
  assert.equal(faultPoint('a.b'), undefined)
  configureFaultPoints('a.b=throw:3,c=hang')
  assert.equal(faultPoint('other'), undefined)
  await faultPoint('a.b')
  await faultPoint('a.b')
  assert.throws(() => faultPoint('a.b'), InjectedFault)
  assert.throws(() => faultPoint('a.b'), InjectedFault)
  const hung = faultPoint('c')
  assert.ok(hung instanceof Promise)
  const first = await Promise.race([hung, new Promise((resolve) => setImmediate(resolve, 'later'))])
  assert.equal(first, 'later')
  configureFaultPoints('')
  assert.equal(faultPoint('a.b'), undefined)
})

test('a fault plan of another shape is refused', () => {
  for (const text of ['a', 'a=explode', '=kill', 'a=kill:x', 'a b=kill']) {
    assert.throws(() => configureFaultPoints(text), RangeError, text)
  }
})
