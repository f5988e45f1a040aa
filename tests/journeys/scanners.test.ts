import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  clamdStage,
  createPipeline,
  filterMessage,
  rspamdStage,
  spamdStage,
  type FilterMessage,
  type ScannerStage,
} from '@posthouse/filter'
import { silentLog } from '@posthouse/telemetry'
import { absent } from './house/run-program.ts'
import { eicar, eicarName, startClamd, startRspamd, startSpamd } from './house/scanners.ts'
import { waitFor } from './house/wait-for.ts'

// The daemons that Debian has, as they are: what they say, and what happens when they do not say anything.

const never = new AbortController().signal

function messageOf(octets: Buffer): FilterMessage {
  return filterMessage({
    queueId: '0'.repeat(26),
    direction: 'inbound',
    octets,
    sender: 'stranger@example.org',
    recipients: [{ address: 'ada,l@example.test' }, { address: 'bob@example.test' }],
    client: { address: '192.0.2.1', helo: 'mail.example.org', isTls: false },
    ourDomains: ['example.test'],
    // No stage here looks at who sent it.
    authentication: new Promise(() => {}),
    receivedAt: new Date(),
  })
}

function letter(subject: string, body = 'Hello there.\r\n'): Buffer {
  const fields = ['From: Stranger <stranger@example.org>', 'To: Ada <ada@example.test>']
  return Buffer.from(`${fields.join('\r\n')}\r\nSubject: ${subject}\r\n\r\n${body}`)
}

/** With EICAR attached, in base64; `first` stands before the usual fields. */
function infected(first = ''): Buffer {
  const lines = [
    `${first}From: Stranger <stranger@example.org>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(eicar).toString('base64'),
    '--b--',
    '',
  ]
  return Buffer.from(lines.join('\r\n'))
}

function forwarded(octets: Buffer): Buffer {
  const lines = [
    'From: Friend <friend@example.org>',
    'MIME-Version: 1.0',
    'Content-Type: message/rfc822',
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), octets])
}

const examine = (stage: ScannerStage, octets: Buffer, signal = never) =>
  stage.examine(messageOf(octets), signal)

function judge(stage: ScannerStage, octets: Buffer) {
  const thresholds = { tag: 4, junk: 6, reject: 15 }
  return createPipeline({ stages: [stage], thresholds, log: silentLog }).judge(messageOf(octets))
}

/** Never gives up on a daemon: the test decides when it is asked. */
const untiring = { firstMs: 1, mostMs: 1 }

describe('clamd', { skip: absent('clamd', 'clamav-daemon') }, () => {
  let clamd: Awaited<ReturnType<typeof startClamd>>
  before(async () => {
    clamd = await startClamd()
  })
  after(() => clamd.stop())

  const stageOn = (address = clamd.socket) =>
    clamdStage({ address, onFailure: 'defer', deadlineMs: 120_000, limits: untiring })

  test('finds the virus in an attachment, in a forwarded message, on a socket and on a port', async () => {
    for (const address of [clamd.socket, clamd.address]) {
      for (const octets of [infected(), forwarded(infected()), forwarded(forwarded(infected()))]) {
        const verdict = await judge(stageOn(address), octets)
        assert.deepEqual([verdict.action, verdict.reason], ['reject', 'virus'])
        assert.match(verdict.text ?? '', new RegExp(eicarName.replaceAll('.', String.raw`\.`)))
      }
      assert.deepEqual(await examine(stageOn(address), letter('clean')), { findings: [] })
    }
  })

  test('is not deceived by a first field that looks like a program or a document', async () => {
    for (const first of ['MZ: 1', '%PDF-1.4: 1', 'PK\u0003\u0004: 1']) {
      const { ruling } = await examine(stageOn(), infected(`${first}\r\n`))
      assert.equal(ruling?.kind, 'virus', first)
    }
  })

  test('says what is too large for it, every time, and is not given up for it', async () => {
    const stage = clamdStage({ address: clamd.socket, onFailure: 'defer', deadlineMs: 120_000 })
    for (let i = 0; i < 10; i++) {
      const body = randomBytes(3_000_000 + i * 500_000).toString('latin1')
      const { findings } = await examine(stage, letter('large', body))
      assert.equal(findings[0]?.symbol, 'CLAMD_TOO_LARGE')
    }
    assert.equal(stage.health().isWell, true)
  })

  test('looks at forty messages that come at once', async () => {
    const stage = stageOn()
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        examine(stage, i % 2 === 0 ? infected() : letter(`${i}`)),
      ),
    )
    assert.deepEqual(
      results.map(({ ruling }) => ruling?.kind),
      results.map((_, i) => (i % 2 === 0 ? 'virus' : undefined)),
    )
  })

  test('tells its version', async () => {
    const { isWell, text } = await stageOn().probe(never)
    assert.ok(isWell && text.startsWith('ClamAV '), text)
  })

  test('that hangs makes mail wait at the deadline, and is heard again when it goes on', async () => {
    clamd.pause()
    const address = clamd.socket
    const hurried = clamdStage({ address, onFailure: 'defer', deadlineMs: 300, limits: untiring })
    const verdict = await judge(hurried, infected())
    assert.deepEqual([verdict.action, verdict.reason], ['defer', 'failure'])
    clamd.resume()
    assert.equal((await judge(stageOn(), infected())).action, 'reject')
  })

  test('that is killed in mid-scan makes mail wait: nothing passes unseen', async () => {
    const stage = stageOn(clamd.address)
    clamd.pause()
    const scans = [1, 2, 3].map(() => judge(stage, infected()))
    // Until the questions stand in its socket.
    await pause(500)
    await clamd.kill()
    for (const verdict of await Promise.all(scans)) {
      assert.deepEqual([verdict.action, verdict.reason], ['defer', 'failure'])
    }
    assert.equal((await judge(stage, infected())).action, 'defer')
    assert.equal(stage.health().isWell, false)
    assert.equal((await stage.probe(never)).isWell, false)
    await clamd.stop()
    clamd = await startClamd()
    const back = stageOn(clamd.address)
    await waitFor('clamd', async () => (await back.probe(never)).isWell || undefined)
    assert.equal((await judge(back, infected())).action, 'reject')
  })
})

describe('rspamd', { skip: absent('rspamd') }, () => {
  let rspamd: Awaited<ReturnType<typeof startRspamd>>
  before(async () => {
    rspamd = await startRspamd()
  })
  after(() => rspamd.stop())

  const stage = () =>
    rspamdStage({ url: rspamd.url, onFailure: 'pass', deadlineMs: 120_000, limits: untiring })

  test('says its symbols, which count as many points, and hears of every recipient', async () => {
    const { findings } = await examine(stage(), letter('a casino'))
    assert.deepEqual(
      findings.map(({ symbol, points }) => [symbol, points]),
      [
        ['RSPAMD_TEST_CASINO', 6.5],
        ['RSPAMD_WOULD', 0],
      ],
    )
    const reason = 'Subject speaks of games (ada,l@example.test, bob@example.test)'
    assert.equal(findings[0]?.reason, reason)
    assert.deepEqual(await examine(stage(), letter('a garden')), { findings: [] })
  })

  test('does not decide alone: what it would refuse for certain goes to Junk', async () => {
    const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n'
    const verdict = await judge(stage(), letter('gtube', gtube))
    assert.deepEqual([verdict.action, verdict.points], ['junk', 12])
    assert.ok(verdict.findings.some(({ reason }) => reason === 'rspamd would: reject'))
  })

  test('takes large mail, and many at once', async () => {
    const octets = letter('a casino', 'word '.repeat(1_000_000))
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map(() => examine(stage(), octets)))
    assert.ok(results.every(({ findings }) => findings[0]?.symbol === 'RSPAMD_TEST_CASINO'))
  })

  test('is known by its ping', async () => {
    assert.deepEqual(await stage().probe(never), { isWell: true, text: 'rspamd answers' })
  })

  test('that hangs or is killed is passed over as configured', async () => {
    rspamd.pause()
    const { url } = rspamd
    const hurried = rspamdStage({ url, onFailure: 'pass', deadlineMs: 300, limits: untiring })
    const hung = await judge(hurried, letter('a casino'))
    assert.deepEqual([hung.action, hung.stages[0]?.outcome], ['deliver', 'timed-out'])
    const asked = judge(stage(), letter('a casino'))
    await pause(500)
    await rspamd.kill()
    const killed = await asked
    assert.deepEqual([killed.action, killed.stages[0]?.outcome], ['deliver', 'failed'])
    assert.equal((await stage().probe(never)).isWell, false)
  })
})

describe('SpamAssassin', { skip: absent('spamd') }, () => {
  let spamd: Awaited<ReturnType<typeof startSpamd>>
  before(async () => {
    spamd = await startSpamd()
  })
  after(() => spamd.stop())

  const stage = () =>
    spamdStage({ address: spamd.address, onFailure: 'tag', deadlineMs: 120_000, limits: untiring })

  test('says its rules; where it says spam, mail goes to Junk', async () => {
    const verdict = await judge(stage(), letter('a casino'))
    const rule = verdict.findings.find(({ symbol }) => symbol === 'SPAMD_TEST_CASINO')
    assert.deepEqual([rule?.points, rule?.reason], [7.8, 'Subject speaks of games'])
    assert.equal(verdict.action, 'junk')
    assert.ok(!(await judge(stage(), letter('a garden'))).findings.includes(rule ?? assert.fail()))
  })

  test('does not decide alone: GTUBE has a thousand points there, and twelve here', async () => {
    const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n'
    const verdict = await judge(stage(), letter('gtube', gtube))
    assert.deepEqual([verdict.action, verdict.points], ['junk', 12])
  })

  test('is known by its ping', async () => {
    assert.deepEqual(await stage().probe(never), { isWell: true, text: 'spamd answers' })
  })

  test('that hangs or is killed is told of as configured', async () => {
    spamd.pause()
    const { address } = spamd
    const hurried = spamdStage({ address, onFailure: 'tag', deadlineMs: 300, limits: untiring })
    const hung = await judge(hurried, letter('a casino'))
    assert.deepEqual([hung.action, hung.stages[0]?.outcome], ['tag', 'timed-out'])
    const asked = judge(stage(), letter('a casino'))
    await pause(500)
    await spamd.kill()
    const killed = await asked
    assert.deepEqual([killed.action, killed.stages[0]?.outcome], ['tag', 'failed'])
  })
})
