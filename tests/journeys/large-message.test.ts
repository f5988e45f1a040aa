import assert from 'node:assert/strict'
import { open, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { password, ProcessSuite } from './house/process-suite.ts'
import { runProgram } from './house/run-program.ts'
import { startForgetfulSink, type ForgetfulSink } from './house/forgetful-sink.ts'
import { waitFor } from './house/wait-for.ts'

const MiB = 1024 * 1024
/** A message as large as people wish they could send; in the daily run a smaller one, to save time. */
const size = (process.env['POSTHOUSE_TEST_LONG'] === '1' ? 100 : 40) * MiB
/**
 * What a process may need at its peak beyond what it needs at rest: a few times the message, because it is received whole before
 * it is acknowledged, and some slack of the heap.
 */
const most = 4 * size + 64 * MiB

let suite: ProcessSuite
let dns: DnsServer
let sink: ForgetfulSink
let file: string
before(async () => {
  sink = await startForgetfulSink()
  dns = await startDnsServer(new Zone('sink.test A 127.0.0.1'))
  suite = await ProcessSuite.start({
    env: {
      POSTHOUSE_MESSAGE_BYTES: String(size + MiB),
      POSTHOUSE_MX_PORT: String(sink.port),
      POSTHOUSE_RESOLVERS: dns.address,
      POSTHOUSE_PRIVATE_TARGETS: '127.0.0.0/8,::1',
    },
  })
  await suite.account('ada@example.test')
  file = path.join(suite.dataDir, 'large.eml')
  await writeMessage(file)
})
after(async () => {
  await suite.stop()
  await dns.close()
  await sink.close()
})

/** A message with one attachment, base64 as programs write it. */
async function writeMessage(to: string): Promise<void> {
  const out = await open(to, 'w')
  const line = `${'U3RyZWFtZWQsIG5vdCBoZWxkLiA'.repeat(3).slice(0, 76)}\r\n`
  await out.write(
    'From: ada@example.test\r\nTo: ada@example.test\r\nSubject: large\r\nMIME-Version: 1.0\r\n' +
      'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n',
  )
  const block = line.repeat(Math.floor(MiB / line.length))
  for (let written = 0; written + block.length < size; written += block.length)
    await out.write(block)
  await out.close()
}

/** The most memory that the process of an app has held since it began, and what it holds now. */
async function memoryOf(app: string): Promise<{ readonly peak: number; readonly now: number }> {
  const text = await readFile(`/proc/${await suite.pidOf(app)}/status`, 'utf8')
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024
  return { peak: bytes('VmHWM'), now: bytes('VmRSS') }
}

/** Runs `work` and asserts what the app's process needed at most for it. */
async function withinBounds(t: TestContext, app: string, work: () => Promise<void>): Promise<void> {
  const { now } = await memoryOf(app)
  await work()
  const { peak } = await memoryOf(app)
  t.diagnostic(`${app}: ${Math.round((peak - now) / MiB)} MiB over what it held at rest`)
  assert.ok(peak - now < most, `${app} held ${Math.round(peak / MiB)} MiB`)
}

async function curl(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram('curl', ['-sS', '--max-time', '300', ...args])
  assert.equal(code, 0, stderr)
}

const login = ['-u', `ada@example.test:${password}`]

test('comes in by SMTP', async (t) => {
  await withinBounds(t, 'mx', () =>
    curl(
      `smtp://127.0.0.1:${suite.ports.mx}/world.test`,
      '--mail-from',
      'x@world.test',
      '--mail-rcpt',
      'ada@example.test',
      '-T',
      file,
    ),
  )
})

test('is read by IMAP, whole and in parts', async (t) => {
  const whole = path.join(suite.dataDir, 'imap.eml')
  const part = path.join(suite.dataDir, 'part')
  const url = `imap://127.0.0.1:${suite.ports.imap}/INBOX;UID=1`
  await withinBounds(t, 'imap', async () => {
    await curl(`${url};SECTION=TEXT`, ...login, '-o', whole)
    await curl(`${url};SECTION=TEXT;PARTIAL=${size - 2 * MiB}.65536`, ...login, '-o', part)
  })
  const text = await readFile(whole)
  assert.ok(text.subarray(size - 2 * MiB, size - 2 * MiB + 65_536).equals(await readFile(part)))
  assert.ok((await readFile(file)).subarray(-text.length).equals(text))
})

test('is appended by IMAP', async (t) => {
  await withinBounds(t, 'imap', () =>
    curl(`imap://127.0.0.1:${suite.ports.imap}/Archive`, ...login, '-T', file),
  )
})

test('is downloaded by POP3', async (t) => {
  const to = path.join(suite.dataDir, 'pop3.eml')
  await withinBounds(t, 'pop3', () =>
    curl(`pop3://127.0.0.1:${suite.ports.pop3}/1`, ...login, '-o', to),
  )
  const wanted = await readFile(file)
  assert.ok((await readFile(to)).subarray(-wanted.length).equals(wanted))
  await rm(to)
})

test('goes out by submission and delivery', async (t) => {
  await withinBounds(t, 'submission', () =>
    withinBounds(t, 'delivery', async () => {
      await curl(
        `smtp://127.0.0.1:${suite.ports.submission}/client.test`,
        ...login,
        '--mail-from',
        'ada@example.test',
        '--mail-rcpt',
        'x@sink.test',
        '-T',
        file,
      )
      await waitFor('the message at its host', () => sink.taken[0], 300_000)
    }),
  )
  assert.ok((sink.taken[0]?.octets ?? 0) > (await readFile(file)).length)
})
