import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { silentLog } from '@posthouse/telemetry'
import { AppProcess, StartFailed } from './app-process.ts'

/** Serves until it is told to drain or its channel closes. */
const serving = `
  process.on('message', () => process.exit(0))
  process.on('disconnect', () => process.exit(0))
  process.send({ kind: 'ready', listeners: [{ name: 'imap', host: '127.0.0.1', port: 2143, tls: false }] })
  setInterval(() => undefined, 1000)
`

function appOf(t: TestContext, script: string): AppProcess {
  const app = new AppProcess({
    name: 'imap',
    args: ['-e', script],
    env: {},
    log: silentLog,
    onChange: () => undefined,
  })
  t.after(() => app.stop(0))
  return app
}

async function until(claim: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!claim()) {
    assert.ok(Date.now() < deadline, 'it did not come to pass')
    await setTimeout(20)
  }
}

test('an app that says where it listens is running', async (t) => {
  const app = appOf(t, serving)
  await app.start()
  assert.equal(app.status.state, 'running')
  assert.equal(app.status.listeners[0]?.port, 2143)
  await app.stop(20_000)
  assert.equal(app.status.state, 'stopped')
})

test('an app that is killed is started again, and status says how it ended', async (t) => {
  const app = appOf(t, serving)
  await app.start()
  const { pid } = app.status
  process.kill(pid ?? 0, 'SIGKILL')
  await until(() => app.status.state === 'running' && app.status.pid !== pid)
  assert.equal(app.status.restarts, 1)
  assert.equal(app.status.lastEnd, 'signal SIGKILL')
})

test('an app that says it cannot start is not waited for', async (t) => {
  const app = appOf(
    t,
    `process.send({ kind: 'failed', message: 'port 25 is taken', isFinal: true }, () => process.exit(1))`,
  )
  await assert.rejects(app.start(), (error) => {
    return error instanceof StartFailed && error.message === 'port 25 is taken'
  })
})

test('an app that dies again and again before it ever listens is given up', async (t) => {
  const app = appOf(t, 'process.exit(3)')
  await assert.rejects(app.start(), /imap does not start: exit code 3/)
})

test('an app that does not drain is killed when the time is up', async (t) => {
  const app = appOf(
    t,
    `process.on('message', () => undefined); process.send({ kind: 'ready', listeners: [] })`,
  )
  await app.start()
  await app.stop(200)
  assert.equal(app.status.state, 'stopped')
})

test('an app that is stopped while it starts is not started again', async (t) => {
  const app = appOf(
    t,
    `process.on('message', () => process.send({ kind: 'ready', listeners: [] }, () => process.exit(0)))`,
  )
  app.start().catch(() => undefined)
  await app.stop(20_000)
  assert.equal(app.status.state, 'stopped')
  assert.equal(app.status.restarts, 0)
})

test('an app ends when the process that runs it is killed', async () => {
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `const child = require('child_process').fork(process.argv[1], { execArgv: ['-e', ${JSON.stringify(serving)}] })
       child.on('message', () => console.log(child.pid))`,
      '/dev/null',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const childPid = Number(line.toString())
  parent.kill('SIGKILL')
  await until(() => {
    try {
      return !process.kill(childPid, 0)
    } catch {
      return true
    }
  })
})

test('an app that becomes ready after it was told to stop is not started again when it is killed', async (t) => {
  const app = appOf(
    t,
    `
      process.on('message', () => process.send({ kind: 'ready', listeners: [] }))
      setInterval(() => undefined, 1000)
    `,
  )
  app.start().catch(() => undefined)
  await until(() => app.status.pid !== null)
  await app.stop(500)
  assert.equal(app.status.state, 'stopped')
  assert.equal(app.status.restarts, 0)
})
