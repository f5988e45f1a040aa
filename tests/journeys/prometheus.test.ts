import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { descendantsOf } from '../faults/process-tree.ts'
import { declaredMetrics } from '../metrics/declared.ts'
import { freePorts } from './house/free-ports.ts'
import { ImapSession } from './house/imap-session.ts'
import { startHost } from './house/outbound-host.ts'
import { Pop3Session } from './house/pop3-session.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { startPrometheus, type PrivatePrometheus } from './house/prometheus.ts'
import { absent } from './house/run-program.ts'
import { sampleMail } from './house/sample-mail.ts'
import { transportTo } from './house/transport.ts'
import { waitFor } from './house/wait-for.ts'

// A real Prometheus scrapes a real suite: what is declared is seen, and what dies is told.

const skip = absent('prometheus')
const ada = 'ada@example.test'
let suite: ProcessSuite
let prometheus: PrivatePrometheus
let folder: string
const started: { stop(): Promise<void> }[] = []

before(async () => {
  if (skip !== false) return
  folder = await mkdtemp(path.join(os.tmpdir(), 'metrics-'))
  const [port = 0] = await freePorts(1)
  started.push(await startHost({ address: '127.0.0.1', port }))
  suite = await ProcessSuite.start({ env: { POSTHOUSE_PRIVATE_TARGETS: '127.0.0.0/8' } })
  started.push(suite)
  await suite.account(ada)
  await run('route', 'add', '*', '--via', `127.0.0.1:${port}`, '--tls', 'none')
  prometheus = await startPrometheus(`127.0.0.1:${suite.ports.http}`)
  started.push(prometheus)
})
after(async () => {
  if (skip !== false) return
  for (const one of started.toReversed()) await one.stop()
  await rm(folder, { recursive: true, force: true })
})

async function run(...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await suite.posthouse(args)
  assert.equal(code, 0, `posthouse ${args.join(' ')}\n${stdout}${stderr}`)
}

/** Waits until a query has this one value. */
function becomes(expression: string, value: number): Promise<true> {
  return waitFor(`${expression} to be ${value}`, async () => {
    const values = await prometheus.query(expression)
    return values.length > 0 && values.every((one) => one === value) ? true : undefined
  })
}

test('Prometheus takes what it is given, and everybody is up', { skip }, async () => {
  await waitFor('a scrape', async () => ((await prometheus.health()) === 'up' ? true : undefined))
  for (const app of ['up', 'mx', 'submission', 'delivery', 'imap', 'pop3', 'web'])
    await becomes(`posthouse_up{app="${app}"}`, 1)
  await becomes('posthouse_database_up', 1)
})

/** A mail in, a mail out, both kinds of clients, a wrong password, a backup. */
async function useAll(): Promise<void> {
  const inbound = transportTo(suite, 'mx')
  const from = 'stranger@elsewhere.test'
  await inbound.sendMail({ envelope: { from, to: ada }, raw: sampleMail(1, from, ada) })
  inbound.close()
  const outbound = transportTo(suite, 'submission', { user: ada })
  const to = 'bob@far.test'
  await outbound.sendMail({ envelope: { from: ada, to }, raw: sampleMail(2, ada, to) })
  outbound.close()
  const imap = await ImapSession.open(suite, ada)
  await imap.command('SELECT INBOX')
  await imap.command('FETCH 1 BODY[]')
  const pop3 = await Pop3Session.open(suite, ada)
  await pop3.command('STAT')
  await assert.rejects(ImapSession.open(suite, ada, 'not the password'))
  await becomes('posthouse_imap_sessions', 2)
  await becomes('posthouse_pop3_sessions', 1)
  await imap.close()
  await pop3.command('QUIT')
  await run('backup', 'create', path.join(folder, 'backup'))
}

/** What a machine without a public address cannot have. */
const unseen = new Set(['posthouse_dnsbl_listed'])

test('after a small journey every metric that is declared is seen', { skip }, async () => {
  await useAll()
  await becomes('posthouse_smtp_messages_total{role="mx",result="stored"}', 1)
  await becomes('posthouse_smtp_messages_total{role="submission",result="stored"}', 1)
  await becomes('sum(posthouse_delivery_attempts_total{result="delivered",attempt="1"})', 1)
  await becomes('posthouse_smtp_connections_total{role="mx",tls="starttls"}', 1)
  await becomes('sum(posthouse_auth_attempts_total{proto="imap",mech="password",result="ok"})', 1)
  await becomes('sum(posthouse_auth_attempts_total{proto="imap",result="password"})', 1)
  await becomes('sum(posthouse_auth_attempts_total{proto="pop3",result="ok"})', 1)
  await becomes('posthouse_filter_actions_total{direction="inbound",action="deliver"}', 1)
  await becomes('posthouse_queue_oldest_seconds', 0)
  const expected = (await declaredMetrics())
    .filter(({ name }) => !unseen.has(name))
    .map(({ name, kind }) => (kind === 'histogram' ? `${name}_bucket` : name))
  await waitFor(
    'all metrics',
    async () => {
      const names = await prometheus.names()
      return expected.every((name) => names.has(name)) ? true : undefined
    },
    60_000,
  ).catch(async () => {
    const names = await prometheus.names()
    assert.deepEqual(
      expected.filter((name) => !names.has(name)),
      [],
    )
  })
  const declared = new Set((await declaredMetrics()).map(({ name }) => name))
  const strange = [...(await prometheus.names())].filter(
    (name) =>
      name.startsWith('posthouse_') && !declared.has(name.replace(/_(bucket|sum|count)$/, '')),
  )
  assert.deepEqual(strange, [])
  await becomes('posthouse_metrics_undeclared_total', 0)
})

test('labels hold nothing that came from outside', { skip }, async () => {
  const answer = await fetch(`http://127.0.0.1:${suite.ports.http}/metrics`)
  const text = await answer.text()
  assert.doesNotMatch(text, /@|elsewhere|stranger|ada\b|bob\b/)
})

test('what an app counted before it was killed is not lost', { skip }, async () => {
  process.kill(await suite.pidOf('mx'), 'SIGKILL')
  await becomes('posthouse_app_restarts_total{app="mx"}', 1)
  await becomes('posthouse_up{app="mx"}', 1)
  await becomes('posthouse_smtp_messages_total{role="mx",result="stored"}', 1)
})

test('an app that hangs costs the others a few seconds, and counts on', { skip }, async () => {
  const pid = await suite.pidOf('pop3')
  process.kill(pid, 'SIGSTOP')
  try {
    await becomes('posthouse_up{app="pop3"}', 0)
    await becomes('posthouse_up{app="imap"}', 1)
    await becomes('posthouse_pop3_logins_total{result="ok"}', 1)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await becomes('posthouse_up{app="pop3"}', 1)
})

async function ready() {
  const answer = await fetch(`http://127.0.0.1:${suite.ports.http}/healthz/ready`)
  const body = (await answer.json()) as {
    readonly ready: boolean
    readonly parts: readonly {
      readonly name: string
      readonly ready: boolean
      readonly because: string | null
    }[]
  }
  return { status: answer.status, ...body }
}

test(
  'a scanner that mail waits for, and that does not answer, is not ready',
  { skip },
  async () => {
    const [nobody = 0] = await freePorts(1)
    await run('filter', 'set', `clamd.address=127.0.0.1:${nobody}`, 'clamd.on-failure=defer')
    const transport = transportTo(suite, 'mx')
    const from = 'stranger@elsewhere.test'
    const mx = await waitFor('the scanner to be missed', async () => {
      const mail = { envelope: { from, to: ada }, raw: sampleMail(3, from, ada) }
      await transport.sendMail(mail).catch(() => undefined)
      const { status, parts } = await ready()
      return status === 503 ? parts.find(({ name }) => name === 'mx') : undefined
    })
    transport.close()
    assert.match(mx.because ?? '', /^mail waits for the filter: clamd: /)
    await run('filter', 'set', 'clamd.address=')
  },
)

test('readiness names what is missing, and status says the same', { skip }, async () => {
  await waitFor('readiness', async () => ((await ready()).status === 200 ? true : undefined))
  assert.equal((await suite.posthouse(['status', '--json'])).code, 0)
  const postmaster = await suite.pidOf('postgres')
  const postgres = [postmaster, ...(await descendantsOf(postmaster))]
  for (const pid of postgres) process.kill(pid, 'SIGSTOP')
  try {
    const away = await waitFor('the database to be missed', async () => {
      const now = await ready()
      return now.status === 503 ? now : undefined
    })
    assert.equal(away.ready, false)
    assert.equal(away.parts.find(({ name }) => name === 'database')?.ready, false)
    const live = await fetch(`http://127.0.0.1:${suite.ports.http}/healthz/live`)
    assert.equal(live.status, 200)
    await becomes('posthouse_database_up', 0)
  } finally {
    for (const pid of postgres) process.kill(pid, 'SIGCONT')
  }
  await becomes('posthouse_database_up', 1)
  await waitFor('readiness', async () => ((await ready()).status === 200 ? true : undefined))
})

test('all apps in one process are told as one', { skip }, async (t) => {
  const together = await ProcessSuite.start({ args: ['--together'] })
  t.after(() => together.stop())
  const answer = await fetch(`http://127.0.0.1:${together.ports.http}/metrics`)
  const text = await answer.text()
  assert.match(text, /\nposthouse_up\{app="together"\} 1\n/)
  assert.match(text, /\nposthouse_imap_sessions 0\n/)
  assert.match(text, /\nposthouse_app_restarts_total\{app="mx"\} 0\n/)
})
