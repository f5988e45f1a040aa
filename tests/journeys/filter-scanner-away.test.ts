import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { ada, FilterHouse } from './house/filter-house.ts'
import { fileOf, letter, mixed } from './house/filter-letters.ts'
import { absent } from './house/run-program.ts'
import { eicar, startClamd } from './house/scanners.ts'
import { startScannerRelay, type ScannerRelay } from './house/scanner-relay.ts'
import { waitFor } from './house/wait-for.ts'

// A real clamd that is killed while it looks at a message, and what becomes of the message.

const skip = absent('clamd', 'clamav-daemon')

let clamd: Awaited<ReturnType<typeof startClamd>>
let relay: ScannerRelay
let house: FilterHouse

/** Starts all of it, with what is done while clamd does not answer. */
async function open(onFailure: string): Promise<void> {
  clamd = await startClamd()
  relay = await startScannerRelay(clamd.port)
  house = await FilterHouse.start({
    settings: [`clamd.address=127.0.0.1:${relay.port}`, `clamd.on-failure=${onFailure}`],
  })
}

async function close(): Promise<void> {
  await house.stop()
  await relay.stop()
  await clamd.stop()
}

/** Brings a message; clamd is killed when all of it has come there, and before it says anything. The reply. */
async function sendWhileKilled(
  octets: Buffer,
  bring: () => Promise<string> = () => house.send(octets),
): Promise<string> {
  const handedOn = relay.handedOn
  clamd.pause()
  const answer = bring()
  await waitFor('the message to be at clamd', () =>
    relay.handedOn - handedOn > octets.length ? true : undefined,
  )
  assert.deepEqual(await house.counts(ada), [0, 0, 0], 'nothing is stored before the verdict')
  await clamd.kill()
  return await answer
}

/** clamd is back, on another port. */
async function bringBack(): Promise<void> {
  await clamd.stop()
  clamd = await startClamd()
  relay.leadTo(clamd.port)
}

/** A sender that tries again and again, as all do. */
function untilTaken(attempt: () => Promise<string>): Promise<string> {
  return waitFor('an answer that is final', async () => {
    const answer = await attempt()
    return answer.startsWith('4') ? undefined : answer
  })
}

describe('clamd is killed in mid-scan, and mail waits for it', { skip }, () => {
  beforeEach(() => open('defer'))
  afterEach(() => close())

  test('451, nothing is stored, and once clamd is back the message is, once', async () => {
    const octets = letter()
    const answer = await sendWhileKilled(octets)
    assert.match(answer, /^451 4\.3\.0 [^]*try again later/)
    assert.deepEqual(await house.counts(ada), [0, 0, 0])
    const verdict = await house.verdictOn(answer)
    assert.deepEqual([verdict.action, verdict.reason], ['defer', 'failure'])
    const stage = verdict.stages.find(({ name }) => name === 'clamd')
    assert.equal(stage?.outcome, 'failed')
    assert.ok(verdict.findings.some(({ symbol }) => symbol === 'CLAMD_FAILED'))

    assert.match(await house.send(octets), /^451 4\.3\.0/, 'while it is away')
    await bringBack()
    assert.match(await untilTaken(() => house.send(octets)), /^250 2\.0\.0/)
    assert.deepEqual(await house.counts(ada), [1, 0, 0])
    const [kept = ''] = await house.messages(ada, 'INBOX')
    assert.ok(kept.endsWith(`\r\n${octets.toString('latin1')}`))
  })

  test('a virus does not slip through meanwhile', async () => {
    const octets = mixed([fileOf('readme.txt', eicar)])
    assert.match(await sendWhileKilled(octets), /^451 4\.3\.0/)
    for (let i = 0; i < 6; i++) assert.match(await house.send(octets), /^451 4\.3\.0/)
    await bringBack()
    assert.match(await untilTaken(() => house.send(octets)), /^554 5\.6\.0/)
    assert.deepEqual(await house.counts(ada), [0, 0, 0])
  })

  test('one of our own users hears 451, too, and nothing is queued', async () => {
    const octets = letter({ from: ada })
    const submit = () => house.submit(octets, [ada, 'friend@example.net'])
    assert.match(await sendWhileKilled(octets, submit), /^451 4\.3\.0/)
    assert.deepEqual(await house.store.queue.list(), [])
    assert.deepEqual(await house.counts(ada), [0, 0, 0])
    await bringBack()
    assert.match(await untilTaken(submit), /^250/)
    assert.equal((await house.store.queue.list()).length, 1)
    assert.deepEqual(await house.counts(ada), [1, 0, 0])
  })
})

for (const onFailure of ['tag', 'pass'] as const) {
  describe(`clamd is killed in mid-scan, and mail goes on (${onFailure})`, { skip }, () => {
    before(() => open(onFailure))
    after(() => close())

    test('the message is stored, and its verdict tells that nobody looked', async () => {
      const answer = await sendWhileKilled(letter())
      assert.match(answer, /^250 2\.0\.0/)
      assert.deepEqual(await house.counts(ada), [1, 0, 0])
      const verdict = await house.verdictOn(answer)
      assert.equal(verdict.action, onFailure === 'tag' ? 'tag' : 'deliver')
      assert.ok(verdict.findings.some(({ symbol }) => symbol === 'CLAMD_FAILED'))
      const [kept = ''] = await house.messages(ada, 'INBOX')
      assert.match(kept, /^X-Posthouse-Verdict: [^]*?CLAMD_FAILED/m)
    })

    test('what else looks at mail still stands', async () => {
      const program = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(600)])
      assert.match(await house.send(mixed([fileOf('holiday.jpg.exe', program)])), /^554 5\.7\.1/)
    })
  })
}

describe('filter status', { skip }, () => {
  before(() => open('defer'))
  after(() => close())

  test('says how clamd is, and ends with 3 while it is away', async () => {
    const well = await house.posthouse('filter', 'status')
    assert.equal(well.code, 0, well.stderr)
    assert.match(well.stdout, /^clamd +OK +ClamAV /m)
    clamd.pause()
    await clamd.kill()
    const away = await house.posthouse('filter', 'status')
    assert.equal(away.code, 3, away.stderr)
    assert.match(away.stdout, /^clamd +FAIL +.*\(then: defer\)/m)
    await bringBack()
    assert.equal((await house.posthouse('filter', 'status')).code, 0)
  })
})
