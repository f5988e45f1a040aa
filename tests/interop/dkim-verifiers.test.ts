import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { deliveryApp } from '@posthouse/delivery'
import { Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator, keyRecordName, keyRecordText } from '@posthouse/mail-auth'
import { computeFacts } from '@posthouse/message'
import { dkimAlgorithms, newUuid, uuidToBase32 } from '@posthouse/store'
import { startSuite, type Suite, testActor } from '@posthouse/testkit'
import { type Sink, startSink } from '../../apps/delivery/src/sink.fixture.ts'
import { runProgram } from '../journeys/house/run-program.ts'
import { isPlain, letters } from './dkim-letters.ts'

// What other people's verifiers say of our signatures, after all mail of the corpora, and some of it spoilt, went over the wire.

const domain = 'example.test'
const python = '/usr/bin/python3'
const opendkim = '/usr/sbin/opendkim'
const script = fileURLToPath(new URL('dkim-verify.py', import.meta.url))
const zone = new Zone('there.test A 127.0.0.1')
const resolver = zoneResolver(zone)
let folder: string
let sink: Sink
let suite: Suite
/** What arrived, by the name it is kept under. */
const arrived = new Map<string, Buffer>()

const isThere = existsSync(opendkim) && existsSync('/usr/lib/python3/dist-packages/dkim')
const without = isThere ? false : 'OpenDKIM and dkimpy are not installed'

before(async () => {
  if (without !== false) return
  folder = await mkdtemp(path.join(os.tmpdir(), 'dkim-'))
  await mkdir(path.join(folder, 'mail'))
  sink = await startSink()
  suite = await startSuite({ apps: [deliveryApp()], resolver, delivery: { mxPort: sink.port } })
  await suite.account(`ada@${domain}`)
  await makeKeys()
})
after(async () => {
  if (without !== false) return
  await suite.stop()
  await sink.close()
  await rm(folder, { recursive: true, force: true })
})

async function makeKeys(): Promise<void> {
  const records: string[] = []
  for (const algorithm of dkimAlgorithms) {
    const creation = await suite.store.dkimKeys.create(domain, { algorithm }, testActor)
    assert.ok(creation.ok)
    const [name, value] = [keyRecordName(creation.key), keyRecordText(creation.key)]
    zone.add({ name, type: 'TXT', value })
    records.push(`${name} ${value}\n`)
    await suite.store.dkimKeys.activate(creation.key, testActor)
  }
  await writeFile(path.join(folder, 'records'), records.join(''))
}

async function enqueue(octets: Buffer, n: number): Promise<void> {
  await suite.store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    recipients: [],
    outbound: {
      account: null,
      sender: `ada@${domain}`,
      authorDomain: domain,
      prefix: Buffer.from('Received: by test;\r\n\tMon, 1 Jun 2026 00:00:00 +0000\r\n'),
      recipients: [{ address: `n${n}@there.test` }],
      isEightBit: true,
      needsSmtpUtf8: false,
    },
  })
}

test('our own verifier takes the signatures of all that arrives', { skip: without }, async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e9)
  t.diagnostic(`SEED=${seed}`)
  const all = await letters(seed)
  for (const [n, octets] of all.entries()) await enqueue(octets, n)
  while (sink.taken.length < all.length) await new Promise((resolve) => setTimeout(resolve, 50))
  for (const { octets, recipients } of sink.taken) {
    const name = recipients[0]?.replace('@there.test', '') ?? ''
    const text = octets.toString('latin1')
    if (!(await isSigned(octets, name)) || !isPlain(text)) continue
    arrived.set(name, octets)
    await writeFile(path.join(folder, 'mail', name), octets)
  }
  t.diagnostic(`${arrived.size} of ${all.length} have a plain header, and go to the others`)
  assert.ok(arrived.size > all.length / 2)
})

/** Both signatures are right; false where nobody could sign, for want of From, or where a line of the header is no field (RFC 6376 §3.8). */
async function isSigned(octets: Buffer, name: string): Promise<boolean> {
  const text = octets.toString('latin1')
  if (!text.startsWith('DKIM-Signature:')) {
    const header = text.slice(0, text.indexOf('\r\n\r\n'))
    assert.doesNotMatch(header, /^From[ \t]*:/im, `${name} has a From`)
    return false
  }
  const input = { address: '192.0.2.1', helo: 'x', mailFrom: '', at: new Date() }
  const { dkim } = await createAuthenticator({ resolver }).check(octets, input)
  const results = dkim.slice(0, 2).map(({ result, because }) => `${result}: ${because}`)
  if (results[0]?.startsWith('neutral: the header') === true) return false
  assert.deepEqual(results, ['pass: verified', 'pass: verified'], name)
  return true
}

test('dkimpy verifies both signatures of all of it', { skip: without }, async () => {
  const args = [script, path.join(folder, 'mail'), path.join(folder, 'records')]
  const { stdout, stderr, code } = await runProgram(python, args, { limitMs: 600_000 })
  assert.equal(code, 0, stderr)
  const found = JSON.parse(stdout) as Record<string, readonly unknown[]>
  assert.equal(Object.keys(found).length, arrived.size)
  for (const [name, results] of Object.entries(found))
    assert.deepEqual(results.slice(0, 2), [true, true], name)
})

test('OpenDKIM verifies both signatures of all of it', { skip: without }, async () => {
  const conf = path.join(folder, 'opendkim.conf')
  const settings = ['Mode v', 'Syslog no', `Socket local:${folder}/socket`]
  const records = `TestDNSData file:${folder}/records`
  await writeFile(conf, `${[...settings, records].join('\n')}\n`)
  const files = [...arrived.keys()].map((name) => path.join(folder, 'mail', name))
  for (let at = 0; at < files.length; at += 50) {
    const some = files.slice(at, at + 50)
    const args = ['-x', conf, '-v', '-v', '-t', some.join(',')]
    const { stdout, stderr } = await runProgram(opendkim, args)
    const passes = stdout.match(/dkim=pass [^;]*header\.d=example\.test/g) ?? []
    assert.equal(passes.length, 2 * some.length, `${stdout}${stderr}`)
  }
})

test('an octet that was changed on its way is seen', { skip: without }, async () => {
  const changed = path.join(folder, 'changed')
  await mkdir(changed)
  for (const [name, octets] of [...arrived].filter((_, at) => at % 20 === 0)) {
    const text = octets.toString('latin1').replace(/\r\nFrom[ \t]*:/i, (field) => `${field}A`)
    await writeFile(path.join(changed, name), Buffer.from(text, 'latin1'))
  }
  const args = [script, changed, path.join(folder, 'records')]
  const { stdout } = await runProgram(python, args, { limitMs: 600_000 })
  for (const [name, results] of Object.entries(JSON.parse(stdout) as Record<string, unknown[]>))
    assert.ok(!results.slice(0, 2).includes(true), name)
})
