import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ImapSession } from './house/imap-session.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { waitFor } from './house/wait-for.ts'

const posthouse = fileURLToPath(new URL('../../apps/cli/bin/posthouse.js', import.meta.url))

let suite: ProcessSuite
before(async () => {
  suite = await ProcessSuite.start({ env: { POSTHOUSE_RESOLVERS: '127.0.0.1:9' } })
  await suite.account('ada@example.test')
})
after(() => suite.stop())

/** A command that goes on, and what it has printed. */
interface Watching {
  out(): string
  /** Waits until it has printed this. */
  until(words: RegExp): Promise<void>
  /** Ctrl-C; gives its exit code. */
  end(): Promise<number | null>
}

function watching(t: TestContext, file: string, ...args: readonly string[]): Watching {
  const child = spawn(file, args, {
    env: { ...process.env, ...suite.env, TERM: 'xterm' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  return {
    out: () => out,
    until: (words) =>
      waitFor(`${String(words)} in:\n${out}`, () => (words.test(out) ? true : undefined)).then(
        () => undefined,
      ),
    end: () => {
      child.kill('SIGINT')
      return ended
    },
  }
}

async function killPop3(): Promise<void> {
  const pid = await suite.pidOf('pop3')
  process.kill(pid, 'SIGKILL')
  await waitFor('it to be started again', async () =>
    (await suite.pidOf('pop3')) === pid ? undefined : true,
  )
}

test('status tells who is signed in, how long the certificate lasts, of the backup and the disk', async () => {
  const imap = await ImapSession.open(suite, 'ada@example.test')
  const { code, stdout, stderr } = await suite.posthouse(['status', '--json'])
  assert.equal(code, 0, stderr)
  const status = JSON.parse(stdout) as Readonly<Record<string, unknown>>
  assert.deepEqual(
    [status['imapSessions'], status['pop3Sessions'], status['submissionSessions']],
    [1, 0, 0],
  )
  assert.ok(Number(status['certificateDays']) > 30)
  assert.equal(status['lastBackup'], null)
  assert.ok(Number(status['diskFreeBytes']) > 0)
  const people = await suite.posthouse(['status'])
  assert.match(people.stdout, /sessions: 1 IMAP, 0 POP3, 0 submission/)
  assert.match(people.stdout, /certificate: good for \d+ days/)
  assert.match(people.stdout, /last backup: none/)
  assert.match(people.stdout, /GiB \(\d+ %\) free/)
  await imap.close()
})

test('status --watch prints a line for each change, waits for a suite that is gone, and ends well', async (t) => {
  const watch = watching(t, process.execPath, posthouse, 'status', '--watch')
  await watch.until(/everything runs/)
  const imap = await ImapSession.open(suite, 'ada@example.test')
  await watch.until(/imapSessions: 0 → 1/)
  await killPop3()
  await watch.until(/pop3Restarts: \d → \d/)
  await imap.close()
  await watch.until(/imapSessions: 1 → 0/)
  await suite.down()
  await watch.until(/is not running/)
  await suite.up()
  await watch.until(/is not running[^]*(?:everything runs|healthy: false → true)/)
  assert.equal(await watch.end(), 0)
})

test('with --json it prints the whole as one object a line, when something has changed', async (t) => {
  const watch = watching(t, process.execPath, posthouse, 'status', '--watch', '--json')
  await watch.until(/\n/)
  await killPop3()
  await watch.until(/\n[^]*\n/)
  assert.equal(await watch.end(), 0)
  const all = watch.out().trimEnd().split('\n')
  const objects = all.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  assert.ok(objects.every(({ kind, schema }) => kind === 'Status' && schema === 'posthouse/v1'))
  assert.notDeepEqual(objects[0], objects[1])
})

test('on a terminal it is drawn again in its place', async (t) => {
  const command = `${process.execPath} ${posthouse} status --watch`
  const watch = watching(t, 'script', '--quiet', '--flush', '--command', command, '/dev/null')
  await watch.until(/\u001b\[2J\u001b\[H[^]*everything runs[^]*postgres[^]*\u001b\[J/)
  await watch.until(/\u001b\[J\u001b\[H/)
})
