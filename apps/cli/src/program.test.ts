import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const dataDir = mkdtempSync(path.join(os.tmpdir(), 'cli-'))
after(() => rmSync(dataDir, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function posthouse(...args: string[]): Promise<Ended> {
  const options = {
    env: { ...process.env, POSTHOUSE_DATA: dataDir, NO_COLOR: '1' },
    timeout: 60_000,
  }
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--conditions=@posthouse/source', main, ...args],
      options,
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

test('--help shows examples first and costs nothing', async () => {
  const { code, stdout } = await posthouse('--help')
  assert.equal(code, 0)
  assert.match(stdout, /^Examples:\n {2}posthouse up/)
  assert.doesNotMatch(stdout, /run-app/)
})

test('a mistyped command is not guessed, and what was perhaps meant is said', async () => {
  const { code, stdout, stderr } = await posthouse('acount', 'list')
  assert.equal(code, 2)
  assert.equal(stdout, '')
  assert.match(stderr, /unknown command 'acount'\n {2}Did you mean account\?/)
})

test('a noun without a verb is a usage error that names the help', async () => {
  const { code, stderr } = await posthouse('account')
  assert.equal(code, 2)
  assert.match(stderr, /posthouse account --help/)
})

test('errors are JSON on stderr where JSON was asked for', async () => {
  const { code, stdout, stderr } = await posthouse('status', '--json')
  assert.equal(code, 7)
  assert.equal(stdout, '')
  const { error } = JSON.parse(stderr) as { error: Record<string, unknown> }
  assert.equal(error['code'], 'status.not_running')
  assert.equal(error['exit'], 7)
})

test('a password given as an argument is refused', async () => {
  const { code, stderr } = await posthouse('account', 'add', 'a@b.test', '--password', 'x')
  assert.equal(code, 2)
  assert.match(stderr, /unknown option '--password'/)
})

test('an unknown app is named with those that exist', async () => {
  const { code, stderr } = await posthouse('up', 'imap4')
  assert.equal(code, 2)
  assert.match(stderr, /There is no app "imap4"\n {2}apps: mx, submission, delivery, imap, pop3/)
})
