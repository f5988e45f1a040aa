import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { loadConfig, type Config } from '@posthouse/config'
import { listen, ListenError } from '@posthouse/line-server'
import { createAuthority, issueCertificate } from '@posthouse/local-ca'
import { accountId } from '@posthouse/store'
import { createLog, silentLog } from '@posthouse/telemetry'
import { AccountSessions, type HeldSession } from './account-sessions.ts'
import { listenEverywhere } from './listen-everywhere.ts'
import { mayUsePassword } from './plaintext-rule.ts'
import { runUntilStopped } from './run-until-stopped.ts'
import { createTlsSource } from './tls-source.ts'

const day = 24 * 3600 * 1000
const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) }
const authority = createAuthority('test', validity)
const leafOf = (name: string) => issueCertificate(authority, [name], validity)

test('passwords: under TLS always, in clear text only on loopback and only with that rule', () => {
  const cases: readonly (readonly ['loopback' | 'never', boolean, boolean, boolean])[] = [
    ['loopback', true, false, true],
    ['loopback', false, true, true],
    ['loopback', false, false, false],
    ['never', true, true, true],
    ['never', false, true, false],
  ]
  for (const [rule, secure, isLoopback, allowed] of cases) {
    assert.equal(mayUsePassword(rule, { secure, isLoopback }), allowed)
  }
})

test('a certificate can be swapped while a listener stands, and a bad one leaves the old', async () => {
  const tls = createTlsSource(leafOf('old.test'))
  const listener = await listenOn(0, 'hello\r\n', tls)
  const subjectOf = async () => {
    const options = { port: listener.port, host: '127.0.0.1', rejectUnauthorized: false }
    const socket = connectTls(options)
    await once(socket, 'secureConnect')
    const { CN } = socket.getPeerCertificate().subject
    socket.destroy()
    return CN
  }
  assert.equal(await subjectOf(), 'old.test')
  let changes = 0
  const stop = tls.onChange(() => (changes += 1))
  tls.replace(leafOf('new.test'))
  assert.equal(await subjectOf(), 'new.test')
  const { cert } = leafOf('a.test')
  assert.throws(() => tls.replace({ cert, key: leafOf('b.test').key }))
  assert.throws(() => tls.replace({ cert: 'nothing', key: 'nothing' }))
  assert.equal(await subjectOf(), 'new.test')
  stop()
  tls.replace(leafOf('third.test'))
  assert.equal(changes, 1)
  await listener.close(0)
})

function listenOn(
  port: number,
  hello: string,
  tls?: ReturnType<typeof createTlsSource>,
  host = '127.0.0.1',
) {
  return listen({
    host,
    port,
    ...(tls === undefined ? {} : { tls }),
    maxConnections: 10,
    maxConnectionsPerAddress: 10,
    log: silentLog,
    onConnection: async (connection) => {
      await connection.write(hello)
    },
  })
}

const plans = [{ name: 'imap', tls: false }] as const
const config = (port: number, bind = ['127.0.0.1']): Config => {
  const loaded = loadConfig({ env: { POSTHOUSE_DATA: '/nonexistent' } })
  return { ...loaded, bind, ports: { ...loaded.ports, imap: port } }
}

test('a taken port is an error that names port, listener and variable, and leaves nothing open', async () => {
  const taken = await listenOn(0, 'taken\r\n')
  let opened = 0
  let closed = 0
  const open = async (_: unknown, host: string, port: number) => {
    const listener = await listenOn(opened++ === 0 ? 0 : port, '', undefined, host)
    const close = (ms: number) => {
      closed += 1
      return listener.close(ms)
    }
    return { port: listener.port, close }
  }
  const both = config(taken.port, ['127.0.0.1', '127.0.0.1'])
  await assert.rejects(listenEverywhere(plans, both, silentLog, open), (error) => {
    assert.ok(error instanceof ListenError)
    assert.match(error.message, new RegExp(`port ${taken.port} for imap: another program`))
    assert.match(error.message, /POSTHOUSE_PORT_IMAP/)
    return true
  })
  assert.equal(closed, 1)
  await taken.close(0)
})

/** Opens where there is no IPv6. */
function openIPv4(_: unknown, host: string, port: number) {
  return host.includes(':')
    ? Promise.reject(new ListenError(host, port, 'EADDRNOTAVAIL'))
    : listenOn(0, '', undefined, host)
}

test('an IPv6 address that is not there is passed over when another address is open', async () => {
  const { ports, opened } = await listenEverywhere(
    plans,
    config(0, ['127.0.0.1', '::1']),
    silentLog,
    openIPv4,
  )
  assert.deepEqual(
    ports.map(({ host }) => host),
    ['127.0.0.1'],
  )
  await Promise.all(opened.map((listener) => listener.close(0)))
  await assert.rejects(
    listenEverywhere(plans, config(0, ['::1']), silentLog, openIPv4),
    ListenError,
  )
})

/** What `process` is to runUntilStopped. */
class FakeProcess extends EventEmitter {
  readonly connected = true
}

function logged() {
  const lines: string[] = []
  const log = createLog({ level: 'info', destination: { write: (line) => lines.push(line) } })
  return { lines, log }
}

test('a process drains on a signal, and when its parent goes', async () => {
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) {
    const hooks = new FakeProcess()
    let drained = 0
    const drain = async () => void (drained += 1)
    const stopped = runUntilStopped([{ drain }, { drain }], silentLog, hooks)
    hooks.emit(event)
    assert.equal(await stopped, event)
    assert.equal(drained, 2)
    assert.equal(hooks.eventNames().length, 0)
  }
})

test('a drain that hangs is ended by a second signal or by the time limit', async () => {
  const hung = { drain: () => new Promise<void>(() => undefined) }
  const second = logged()
  const hooks = new FakeProcess()
  const stopped = runUntilStopped([hung], second.log, hooks, 60_000)
  hooks.emit('SIGTERM')
  while (second.lines.length === 0) await new Promise((resolve) => setImmediate(resolve))
  hooks.emit('SIGTERM')
  assert.equal(await stopped, 'SIGTERM')
  assert.match(second.lines.join(''), /second signal/)
  const limited = logged()
  const other = new FakeProcess()
  const ended = runUntilStopped([hung], limited.log, other, 20)
  other.emit('SIGINT')
  await ended
  assert.match(limited.lines.join(''), /time limit/)
})

const grant = (account: string, appPassword?: string) => {
  return { account: accountId(account), epoch: 1, appPassword }
}

test('sessions of an account are counted and ended', () => {
  const sessions = new AccountSessions('pop3', 2)
  const ada = grant('ada')
  const ended: string[] = []
  const named = (id: string): HeldSession => ({
    end: () => ended.push(id),
    cut: () => undefined,
    tell: () => ({ id, address: '', client: '', tls: null, program: null, state: 'waiting' }),
  })
  const leave = sessions.enter(ada, named('first'))
  assert.ok(sessions.enter(ada, named('second')))
  assert.equal(sessions.enter(ada, named('')), undefined)
  assert.ok(sessions.enter(grant('bob'), named('bob')))
  leave?.()
  assert.ok(sessions.enter(grant('ada', 'phone'), named('third')))
  assert.deepEqual(
    sessions.facts(ada.account).map(({ id, appPassword }) => [id, appPassword]),
    [
      ['second', null],
      ['third', 'phone'],
    ],
  )
  assert.equal(sessions.facts().length, 3)
  assert.deepEqual(sessions.grants(ada.account), [ada, grant('ada', 'phone')])
  assert.equal(sessions.grants().length, 3)
  sessions.end([grant('ada')])
  assert.deepEqual(ended, ['second'])
  sessions.end([grant('ada', 'phone'), grant('nobody')])
  assert.deepEqual(ended, ['second', 'third'])
})

test('a session that does not come to its end is cut, whatever it is ended for', async () => {
  const sessions = new AccountSessions('imap', 5, undefined, 20)
  const facts = { address: '', client: '', tls: null, program: null, state: 'waiting' }
  const words: string[] = []
  const sessionOf = (id: string, end: () => void): HeldSession => ({
    end: (why) => {
      words.push(`${id} ${why}`)
      end()
    },
    cut: () => words.push(`${id} cut`),
    tell: () => ({ id, ...facts }),
  })
  const polite: { leave?: (() => void) | undefined } = {}
  polite.leave = sessions.enter(
    grant('ada'),
    sessionOf('polite', () => polite.leave?.()),
  )
  sessions.enter(
    grant('ada'),
    sessionOf('deaf', () => undefined),
  )
  assert.deepEqual(await sessions.kick(accountId('ada')), { ended: 1, cut: 1 })
  assert.deepEqual(words, ['polite kicked', 'deaf kicked', 'deaf cut'])
  sessions.end([grant('ada')])
  while (words.length < 5) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(words.slice(3), ['deaf changed', 'deaf cut'])
  assert.deepEqual(await sessions.kick(accountId('nobody')), { ended: 0, cut: 0 })
})
