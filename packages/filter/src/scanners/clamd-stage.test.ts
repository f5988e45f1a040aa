import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@posthouse/telemetry'
import { createPipeline } from '../runner/create-pipeline.ts'
import { examined, letter, sample } from '../sample-message.fixture.ts'
import { clamdStage, type ClamdOptions } from './clamd-stage.ts'
import { readClamdReply, readClamdVersion } from './clamd-reply.ts'
import { answering, fakeScanner, isStreamOver, streamed } from './scanner.fixture.ts'

const never = new AbortController().signal

async function withClamd<T>(
  answer: string,
  options: Partial<ClamdOptions>,
  work: (stage: ReturnType<typeof clamdStage>, heard: Buffer[]) => Promise<T>,
): Promise<T> {
  const heard: Buffer[] = []
  const server = await fakeScanner(answering(answer, isStreamOver, heard))
  try {
    const stage = clamdStage({ address: server.address, onFailure: 'defer', ...options })
    return await work(stage, heard)
  } finally {
    await server.close()
  }
}

test('clamd gets the message octet by octet, behind a line that makes it mail', async () => {
  const octets = Buffer.concat([letter(), Buffer.alloc(200_000, 'x')])
  await withClamd('stream: OK\0', {}, async (stage, heard) => {
    assert.deepEqual(await examined(stage, octets), { findings: [] })
    const [stream] = heard
    assert.ok(stream !== undefined && stream.subarray(0, 10).equals(Buffer.from('zINSTREAM\0')))
    const opening = Buffer.from('Return-Path: <>\r\n')
    assert.ok(streamed(stream).equals(Buffer.concat([opening, octets])))
    assert.deepEqual(stage.health(), { isWell: true, text: 'answers' })
  })
})

test('a virus is a ruling with a text that a stranger may read', async () => {
  await withClamd('stream: Win.Evil <b>\u001b[2J\t250 ok FOUND\0', {}, async (stage) => {
    const { findings, ruling } = await examined(stage, letter())
    assert.equal(ruling?.kind, 'virus')
    assert.equal(ruling.symbol, findings[0]?.symbol)
    assert.match(ruling.text, /^[\x20-\x7e]+$/)
  })
  await withClamd('stream: Win.Test.EICAR_HDB-1 FOUND\0', {}, async (stage) => {
    const { ruling } = await examined(stage, letter())
    assert.match(ruling?.text ?? '', /\(Win\.Test\.EICAR_HDB-1\)/)
  })
})

test('heuristics and unwanted programs are suspicions: points, not a virus', async () => {
  for (const name of ['Heuristics.Phishing.Email.SpoofedDomain', 'PUA.Win.Packer']) {
    await withClamd(`stream: ${name} FOUND\0`, {}, async (stage) => {
      const { findings, ruling } = await examined(stage, letter())
      assert.equal(ruling, undefined)
      assert.ok((findings[0]?.points ?? 0) > 0)
    })
  }
})

test('whatever else clamd answers is a failure, never "clean"', async () => {
  const answers = [
    'stream: OK',
    'stream: OK\n',
    'OK\0',
    'stream: OK OK\0',
    'stream: Win.Evil\r\n250 ok FOUND\0',
    'stream: Can not allocate memory ERROR\0',
    'UNKNOWN COMMAND\0',
    'HTTP/1.1 400 Bad Request\r\n\r\n\0',
    '\0',
  ]
  for (const answer of answers) {
    await withClamd(answer, {}, async (stage) => {
      await assert.rejects(examined(stage, letter()), { name: 'ScannerFailure' }, answer)
      assert.equal(stage.health().isWell, false)
    })
  }
})

test('an answer without an end is not waited for beyond its bound', async () => {
  const server = await fakeScanner((socket) => {
    const flood = (): void => {
      if (socket.write(Buffer.alloc(8_192, 'y'))) setImmediate(flood)
    }
    socket.resume()
    flood()
  })
  const stage = clamdStage({ address: server.address, onFailure: 'defer' })
  await assert.rejects(examined(stage, letter()), /too long/)
  await server.close()
})

test('mail that is too large is noted and goes on, or fails where that is wanted; clamd is not to blame', async () => {
  const large = Buffer.concat([letter(), Buffer.alloc(2_000)])
  await withClamd('stream: OK\0', { maxBytes: 1_000 }, async (stage, heard) => {
    const { findings } = await examined(stage, large)
    assert.deepEqual(
      findings.map(({ symbol, points }) => [symbol, points]),
      [['CLAMD_TOO_LARGE', 0]],
    )
    assert.equal(heard.length, 0)
  })
  const limited = 'INSTREAM size limit exceeded. ERROR\0'
  await withClamd(limited, {}, async (stage) => {
    assert.equal((await examined(stage, large)).findings[0]?.symbol, 'CLAMD_TOO_LARGE')
  })
  await withClamd(limited, { tooLarge: 'fail' }, async (stage) => {
    for (let i = 0; i < 5; i++)
      await assert.rejects(examined(stage, large), /more than clamd takes/)
    assert.equal(stage.health().isWell, true)
  })
})

test('a limit that clamd tells of in mid-stream is heard, and the rest is not sent', async () => {
  let isTold = 0
  const server = await fakeScanner((socket) => {
    socket.once('data', () => {
      isTold++
      socket.write('INSTREAM size limit exceeded. ERROR\0')
    })
  })
  const stage = clamdStage({ address: server.address, onFailure: 'defer' })
  const { findings } = await examined(stage, Buffer.concat([letter(), Buffer.alloc(20_000_000)]))
  assert.equal(findings[0]?.symbol, 'CLAMD_TOO_LARGE')
  assert.equal(isTold, 1)
  await server.close()
})

test('a clamd that hangs counts at the deadline, and after three times mail does not wait for it', async () => {
  const server = await fakeScanner((socket) => socket.resume())
  const stage = clamdStage({
    address: server.address,
    onFailure: 'defer',
    deadlineMs: 100,
    limits: { firstMs: 3_600_000, mostMs: 3_600_000 },
  })
  const pipeline = createPipeline({
    stages: [stage],
    thresholds: { tag: 4, junk: 6 },
    log: silentLog,
  })
  const outcomes: string[] = []
  for (let i = 0; i < 5; i++) {
    const verdict = await pipeline.judge(sample())
    assert.equal(verdict.action, 'defer')
    outcomes.push(verdict.stages[0]?.because ?? '')
  }
  assert.ok(
    outcomes.slice(3).every((because) => because.startsWith('not asked:')),
    outcomes.join(),
  )
  assert.equal(server.count, 3)
  assert.match(stage.health().text, /3 in a row, asked again in \d+ s/)
  await server.close()
})

test('a connection that breaks in mid-scan is a failure, and tried once more at the most', async () => {
  const server = await fakeScanner((socket) => {
    socket.once('data', () => socket.resetAndDestroy())
  })
  const stage = clamdStage({ address: server.address, onFailure: 'defer' })
  const large = Buffer.concat([letter(), Buffer.alloc(5_000_000)])
  await assert.rejects(examined(stage, large), { name: 'ScannerFailure' })
  assert.ok(server.count <= 2)
  await server.close()
})

test('nobody listening is a failure at once', async () => {
  const server = await fakeScanner(() => {})
  await server.close()
  const stage = clamdStage({ address: server.address, onFailure: 'tag' })
  await assert.rejects(examined(stage, letter()), /ECONNREFUSED/)
  assert.match((await stage.probe(never)).text, /ECONNREFUSED/)
  const nowhere = clamdStage({ address: { path: '/nonexistent/clamd' }, onFailure: 'tag' })
  await assert.rejects(examined(nowhere, letter()), /ENOENT/)
})

const isAsked = (heard: Buffer): boolean => heard.equals(Buffer.from('zVERSION\0'))

test('a probe tells the version, and who is no clamd', async () => {
  const good = await fakeScanner(answering('ClamAV 1.4.3/27400/Fri Feb 27 2026\0', isAsked))
  const stage = clamdStage({ address: good.address, onFailure: 'tag' })
  const text = 'ClamAV 1.4.3/27400/Fri Feb 27 2026'
  assert.deepEqual(await stage.probe(never), { isWell: true, text })
  await good.close()
  const bad = await fakeScanner(answering('hello\0', isAsked))
  const other = clamdStage({ address: bad.address, onFailure: 'tag' })
  assert.equal((await other.probe(never)).isWell, false)
  await bad.close()
})

const said = (text: string) => readClamdReply(Buffer.from(text)).kind

test('answers are read to the letter', () => {
  assert.equal(said('stream: OK\0'), 'clean')
  assert.equal(said('stream: A FOUND\0'), 'found')
  assert.equal(said('stream:  FOUND\0'), 'error')
  assert.equal(said('stream: OK FOUND\0'), 'found')
  assert.equal(said('STREAM: OK\0'), 'error')
  assert.equal(readClamdVersion(Buffer.from('ClamAV \u001b[2J\0')), undefined)
})
