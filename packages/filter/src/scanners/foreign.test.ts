import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { once } from 'node:events'
import { test } from 'node:test'
import { examined, letter } from '../sample-message.fixture.ts'
import type { StageResult } from '../stage.ts'
import { foreignFindings, foreignLimits } from './foreign-findings.ts'
import { rspamdStage } from './rspamd-stage.ts'
import { answering, fakeScanner } from './scanner.fixture.ts'
import { spamdStage } from './spamd-stage.ts'

const never = new AbortController().signal

function sumOf({ findings }: StageResult): number {
  return Math.round(findings.reduce((sum, { points }) => sum + points, 0) * 100) / 100 + 0
}

async function withHttp<T>(
  listener: RequestListener,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  assert.ok(bound !== null && typeof bound === 'object')
  try {
    return await work(`http://127.0.0.1:${bound.port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('points of another filter add up to what it is believed, within its bounds', () => {
  const symbols = Array.from({ length: 60 }, (_, i) => {
    return { symbol: `S${i}`, points: 0.1 + i / 7, reason: 'seen' }
  })
  for (const [total, expected] of [
    [3.3, 3.3],
    [1_000, 12],
    [-80, -5],
    [0, 0],
  ] as const) {
    const findings = foreignFindings({ prefix: 'X', total, symbols }, foreignLimits)
    assert.equal(sumOf({ findings }), expected)
    assert.ok(findings.length <= 26)
  }
  const even = foreignFindings({ prefix: 'X', total: 2, symbols: [] }, foreignLimits)
  assert.deepEqual(
    even.map(({ symbol, points }) => [symbol, points]),
    [['X_BALANCE', 2]],
  )
})

const checked = {
  is_skipped: false,
  score: 7.5,
  required_score: 15,
  action: 'add header',
  symbols: {
    BAYES_SPAM: {
      name: 'BAYES_SPAM',
      score: 5.1,
      description: 'Message probably spam',
      options: ['99.9%'],
    },
    R_SPF_FAIL: { name: 'R_SPF_FAIL', score: 2.4 },
  },
}

test('rspamd hears of the envelope and says its symbols; what it would do is told, not done', async () => {
  const seen: { headers: IncomingMessage['headers']; url: string; body: string }[] = []
  const listener: RequestListener = (request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const { headers, url = '' } = request
      seen.push({ headers, url, body: Buffer.concat(pieces).toString('latin1') })
      response.end(JSON.stringify({ ...checked, action: 'reject' }))
    })
  }
  await withHttp(listener, async (url) => {
    const stage = rspamdStage({ url, onFailure: 'pass' })
    const result = await examined(stage, letter(), {
      sender: 'grüße\r\nPass: all@elsewhere.example',
      recipients: [{ address: 'a,b@example.test' }, { address: 'c@example.test' }],
    })
    assert.equal(sumOf(result), 7.5)
    assert.equal(result.ruling, undefined)
    const symbols = result.findings.map(({ symbol }) => symbol)
    assert.deepEqual(symbols, ['RSPAMD_BAYES_SPAM', 'RSPAMD_R_SPF_FAIL', 'RSPAMD_WOULD'])
    assert.equal(result.findings[0]?.reason, 'Message probably spam (99.9%)')
    const [request] = seen
    assert.equal(request?.url, '/checkv2')
    assert.equal(request.body, letter().toString('latin1'))
    assert.equal(request.headers['rcpt'], '<"a,b"@example.test>,<c@example.test>')
    assert.equal(request.headers['pass'], undefined)
    const from = Buffer.from(request.headers['from'] ?? '', 'latin1').toString()
    assert.equal(from, '<"grüße Pass: all"@elsewhere.example>')
    assert.equal(request.headers['ip'], '192.0.2.7')
    assert.equal(request.headers['queue-id'], '0000000000000000000000TEST')
  })
})

test('answers that are none of rspamd’s are failures: codes, texts, shapes, sizes, redirections', async () => {
  const answers: RequestListener[] = [
    (_, response) => response.writeHead(500).end('no'),
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    (_, response) => response.end('[]'),
    (_, response) => response.end('{"score":"7","action":"reject","symbols":{}}'),
    (_, response) => response.end('{"score":1e999,"action":"reject","symbols":{}}'),
    (_, response) => response.end('{"score":7.5,"act'),
    (_, response) => response.end(`{"score":1,"action":"x","pad":"${'x'.repeat(2_000_000)}"}`),
    (request) => request.socket.resetAndDestroy(),
    (_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"score":')
      setTimeout(() => response.destroy(), 50)
    },
  ]
  for (const [i, answer] of answers.entries()) {
    await withHttp(answer, async (url) => {
      const stage = rspamdStage({ url, onFailure: 'pass' })
      await assert.rejects(examined(stage, letter()), { name: 'ScannerFailure' }, `answer ${i}`)
    })
  }
})

test('strange symbols of rspamd’s are borne, and nothing of them is lost', async () => {
  const symbols = {
    A: null,
    B: { score: 'x', description: 7, options: [1, null, 'good'] },
    __proto__x: { score: 1 },
    ['C'.repeat(500)]: { score: 2 },
  }
  const listener: RequestListener = (_, response) => {
    response.end(JSON.stringify({ ...checked, score: 3, symbols, action: 'no action' }))
  }
  await withHttp(listener, async (url) => {
    const result = await examined(rspamdStage({ url, onFailure: 'pass' }), letter())
    assert.equal(sumOf(result), 3)
  })
})

const skipping: RequestListener = (_, response) => {
  response.end(JSON.stringify({ ...checked, is_skipped: true, action: 'no action' }))
}

test('a message that rspamd skips, or that is too large for it, is nothing for or against', async () => {
  await withHttp(skipping, async (url) => {
    assert.deepEqual(await examined(rspamdStage({ url, onFailure: 'pass' }), letter()), {
      findings: [],
    })
    const small = rspamdStage({ url: 'http://127.0.0.1:1', onFailure: 'pass', maxBytes: 10 })
    assert.deepEqual(await examined(small, letter()), { findings: [] })
  })
})

test('an rspamd that hangs is left at the deadline', async () => {
  await withHttp(
    () => {},
    async (url) => {
      const stage = rspamdStage({ url, onFailure: 'pass' })
      const leaving = AbortSignal.timeout(100)
      await assert.rejects(
        stage.probe(leaving).then(({ text }) => Promise.reject(text)),
        (text) => {
          return text === 'no answer in time'
        },
      )
    },
  )
})

const report = `SPAMD/1.1 0 EX_OK\r\nContent-length: LENGTH\r\nSpam: True ; 7.5 / 5.0\r\n\r\n`
const table = `Spam detection software, running on "x".

Content analysis details:   (7.5 points, 5.0 required)

 pts rule name              description
---- ---------------------- --------------------------------------------------
 5.0 BAYES_99               BODY: Bayes spam probability is 99 to 100%
                            [score: 1.0000]
 2.7 URIBL_X                Contains a URL listed in X
-0.2 DKIM_VALID             Message has at least one valid DKIM signature
`
const whole = report.replace('LENGTH', String(Buffer.byteLength(table))) + table

/** The question is over when our side is closed. */
async function withSpamd<T>(
  answer: string,
  work: (stage: ReturnType<typeof spamdStage>, heard: Buffer[]) => Promise<T>,
): Promise<T> {
  const heard: Buffer[] = []
  const server = await fakeScanner((socket) => {
    answering('', () => false)(socket)
    const pieces: Buffer[] = []
    socket.on('data', (piece) => pieces.push(piece))
    socket.on('end', () => {
      heard.push(Buffer.concat(pieces))
      socket.end(answer)
    })
  })
  try {
    return await work(spamdStage({ address: server.address, onFailure: 'pass' }), heard)
  } finally {
    await server.close()
  }
}

test('SpamAssassin’s report is read rule by rule, scaled so that its threshold is Junk', async () => {
  await withSpamd(whole, async (stage, heard) => {
    const result = await examined(stage, letter())
    assert.equal(sumOf(result), 9)
    assert.deepEqual(
      result.findings.map(({ symbol, points }) => [symbol, points]),
      [
        ['SPAMD_BAYES_99', 6],
        ['SPAMD_URIBL_X', 3.24],
        ['SPAMD_DKIM_VALID', -0.24],
      ],
    )
    const length = letter().length
    const question = `REPORT SPAMC/1.5\r\nContent-length: ${length}\r\n\r\n${letter().toString('latin1')}`
    assert.equal(heard[0]?.toString('latin1'), question)
  })
})

test('answers that are none of spamd’s, or not whole, are failures', async () => {
  const answers = [
    '',
    'SPAMD/1.0 76 Bad header line\r\n',
    'HTTP/1.1 200 OK\r\n\r\n',
    whole.slice(0, -10),
    'SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\n\r\n',
    'SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\nSpam: True ; x / y\r\n\r\n',
    'SPAMD/1.1 0 EX_OK\r\nSpam: True ; 9 / 5\r\n\r\n',
    'z'.repeat(300_000),
  ]
  for (const answer of answers) {
    await withSpamd(answer, async (stage) => {
      await assert.rejects(
        examined(stage, letter()),
        { name: 'ScannerFailure' },
        answer.slice(0, 40),
      )
    })
  }
})

test('a report in words that are not ours gives the points alone', async () => {
  const text = 'Nichts als Worte.\n'
  const answer = report.replace('LENGTH', String(Buffer.byteLength(text))) + text
  await withSpamd(answer, async (stage) => {
    const { findings } = await examined(stage, letter())
    assert.deepEqual(
      findings.map(({ symbol, points }) => [symbol, points]),
      [['SPAMD_BALANCE', 9]],
    )
  })
})

test('a probe of spamd is its PING', async () => {
  await withSpamd('SPAMD/1.5 0 PONG\r\n', async (stage, heard) => {
    assert.equal((await stage.probe(never)).isWell, true)
    assert.equal(heard[0]?.toString(), 'PING SPAMC/1.2\r\n\r\n')
  })
})
