import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { password, ProcessSuite } from './house/process-suite.ts'
import { absent, runProgram } from './house/run-program.ts'

const skip = absent('python3')
const script = fileURLToPath(new URL('house/python-clients.py', import.meta.url))
let suite: ProcessSuite

before(async () => {
  if (skip !== false) return
  suite = await ProcessSuite.start()
  await suite.account('ada@example.test')
  await suite.account('bob@example.test')
})
after(async () => {
  if (skip === false) await suite.stop()
})

test('smtplib sends, imaplib and poplib read the same octets', { skip }, async () => {
  const { ports, caFile } = suite
  const facts = JSON.stringify({ ports, ca: caFile, password })
  const { code, stdout, stderr } = await runProgram('python3', [script], { input: facts })
  assert.equal(code, 0, stdout + stderr)
  assert.equal(stdout.trim(), 'all agree')
})
