import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { replies } from './replies.ts'
import { startTestServer, type TestOptions, type TestServer } from './server.fixture.ts'
import type { AuthOptions, SaslMechanism } from './server-options.ts'

const servers: TestServer[] = []
async function start(options?: TestOptions): Promise<TestServer> {
  const server = await startTestServer(options)
  servers.push(server)
  return server
}
after(() => Promise.all(servers.map((server) => server.close())))

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** `login:password` in one response; `?` asks for another. */
const colon: SaslMechanism = {
  name: 'PLAIN',
  begin: () => ({
    start: () => ({ kind: 'continue', challenge: Buffer.alloc(0) }),
    step(response) {
      const [login = '', password] = response.toString().split(':')
      if (login === '?') return { kind: 'continue', challenge: Buffer.from('again') }
      return password === undefined
        ? { kind: 'malformed' }
        : { kind: 'credentials', authzid: '', login, password }
    },
  }),
}

const auth: AuthOptions<string> = {
  mechanisms: [colon],
  required: true,
  isAllowed: ({ secure }) => secure,
  authenticate({ login, password }) {
    if (login === 'away') return Promise.reject(new Error('away'))
    return Promise.resolve(
      password === 'right'
        ? { ok: true, user: login }
        : { ok: false, reply: replies.badCredentials },
    )
  },
}

describe('AUTH', async () => {
  const clear = await start({ auth })
  const open = await start({ auth: { ...auth, isAllowed: () => true } })

  it('does not wait for ever within an exchange, however its octets trickle in', async () => {
    const slow = await start({
      auth: { ...auth, isAllowed: () => true },
      limits: { commandMs: 200 },
    })
    const client = await slow.client()
    assert.match(await client.ask('AUTH PLAIN'), /^334/)
    const timer = setInterval(() => client.send('A'), 20)
    const goodbye = await client.reply().finally(() => clearInterval(timer))
    assert.match(goodbye, /^421 4\.4\.2/)
    await client.closed()
  })

  it('is hidden and refused before TLS, and so is MAIL', async () => {
    const client = await clear.client({ ehlo: false })
    assert.doesNotMatch(await client.ask('EHLO client'), /AUTH/)
    assert.match(await client.ask(`AUTH PLAIN ${base64('ada:right')}`), /^538 5\.7\.11/)
    assert.match(await client.ask('MAIL FROM:<a@example.org>'), /^530 5\.7\.0/)
    await client.ask('STARTTLS')
    await client.startTls()
    assert.match(await client.ask('EHLO client'), /AUTH PLAIN/)
    assert.match(await client.ask(`AUTH PLAIN ${base64('ada:right')}`), /^235 2\.7\.0/)
    assert.match(await client.ask('MAIL FROM:<a@example.org>'), /^250/)
  })

  it('takes an initial response, none, or an empty one', async () => {
    for (const lines of [
      [`auth plain ${base64('ada:right')}`],
      ['AUTH PLAIN', base64('ada:right')],
      [`AUTH PLAIN ${base64('?')}`, base64('ada:right')],
    ]) {
      const client = await open.client()
      const codes = []
      for (const line of lines) codes.push((await client.ask(line)).slice(0, 4))
      assert.equal(codes.at(-1), '235 ', lines.join(', '))
    }
    const client = await open.client()
    assert.equal(await client.ask('AUTH PLAIN'), '334')
    assert.match(await client.ask(base64('ada:right')), /^235/)
    assert.match(await client.ask(`AUTH PLAIN ${base64('ada:right')}`), /^503 5\.5\.1/)
    assert.doesNotMatch(await client.ask('EHLO again'), /AUTH/)
  })

  it('refuses what is wrong and stays in step', async () => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['AUTH'], '501 5.5.4'],
      [['AUTH CRAM-MD5'], '504 5.5.4'],
      [['AUTH PLAIN a b'], '501 5.5.4'],
      [['AUTH PLAIN !!!!'], '501 5.5.2'],
      [['AUTH PLAIN YQ'], '501 5.5.2'],
      [['AUTH PLAIN ='], '501 5.5.2'],
      [['AUTH PLAIN', '*'], '501 5.7.0'],
      [['AUTH PLAIN', 'not base64'], '501 5.5.2'],
      [['AUTH PLAIN', ''], '501 5.5.2'],
      [['AUTH PLAIN', 'A'.repeat(20_000)], '500 5.5.6'],
      [[`AUTH PLAIN ${'A'.repeat(20_000)}`], '500 5.5.2'],
      [[`AUTH PLAIN ${base64('ada:wrong')}`], '535 5.7.8'],
      [[`AUTH PLAIN ${base64('away:right')}`], '451 4.3.0'],
    ]
    for (const [lines, expected] of cases) {
      const client = await open.client()
      let reply = ''
      for (const line of lines) reply = await client.ask(line)
      assert.ok(reply.startsWith(expected), `${lines.join(', ').slice(0, 60)}: ${reply}`)
      assert.match(await client.ask('NOOP'), /^250/)
    }
  })

  it('takes a response of 12,288 octets (RFC 4954 §4)', async () => {
    const client = await open.client()
    const login = 'a'.repeat((12_288 / 4) * 3 - ':right'.length)
    await client.ask('AUTH PLAIN')
    assert.match(await client.ask(base64(`${login}:right`)), /^235/)
  })

  it('is not for the middle of a transaction, nor before EHLO', async () => {
    const optional = await start({ auth: { ...auth, required: false, isAllowed: () => true } })
    const client = await optional.client()
    await client.ask('MAIL FROM:<a@example.org>')
    assert.match(await client.ask(`AUTH PLAIN ${base64('ada:right')}`), /^503/)
    const early = await optional.client({ ehlo: false })
    assert.match(await early.ask(`AUTH PLAIN ${base64('ada:right')}`), /^503/)
    await early.ask('HELO client')
    assert.match(await early.ask(`AUTH PLAIN ${base64('ada:right')}`), /^503/)
  })

  it('ends the session of one who guesses', async () => {
    const client = await open.client()
    for (let i = 0; i < 4; i += 1) {
      assert.match(await client.ask(`AUTH PLAIN ${base64('ada:wrong')}`), /^535 5\.7\.8/)
    }
    assert.match(await client.ask(`AUTH PLAIN ${base64('ada:wrong')}`), /^421 4\.7\.0/)
    await client.closed()
  })

  it('takes AUTH= of MAIL, and believes nothing of it', async () => {
    const client = await open.client()
    await client.ask(`AUTH PLAIN ${base64('ada:right')}`)
    assert.match(await client.ask('MAIL FROM:<a@example.org> AUTH=<>'), /^250/)
    await client.ask('RSET')
    assert.match(await client.ask('MAIL FROM:<a@example.org> AUTH=root+40example.org'), /^250/)
    await client.ask('RSET')
    assert.match(await client.ask('MAIL FROM:<a@example.org> AUTH=a+0D+0Ab'), /^501 5\.5\.4/)
  })
})

describe('recipients', () => {
  it('over the limit are refused for now, the others stay', async () => {
    const server = await start({ limits: { recipients: 3 } })
    const client = await server.client()
    await client.ask('MAIL FROM:<>')
    for (let i = 0; i < 3; i += 1) assert.match(await client.ask(`RCPT TO:<r${i}@x.test>`), /^250/)
    assert.match(await client.ask('RCPT TO:<r3@x.test>'), /^452 4\.5\.3/)
    assert.match(await client.ask('RCPT TO:<r1@X.TEST>'), /^250/, 'one that is in already')
    await client.ask('DATA')
    assert.match(await client.ask('.'), /^250/)
    assert.equal(server.taken[0]?.envelope.recipients.length, 3)
  })

  it('guessed at end the session', async () => {
    const server = await start({ limits: { freeRefusals: 2, refusalDelayMs: 1, refusals: 5 } })
    const client = await server.client()
    await client.ask('MAIL FROM:<>')
    for (let i = 0; i < 4; i += 1) assert.match(await client.ask('RCPT TO:<nobody@x.test>'), /^550/)
    assert.match(await client.ask('RCPT TO:<nobody@x.test>'), /^421 4\.7\.0/)
  })
})
