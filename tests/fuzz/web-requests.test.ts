import assert from 'node:assert/strict'
import net from 'node:net'
import { after, before, test } from 'node:test'
import { startSuite, testActor, type Suite } from '@posthouse/testkit'
import { app as web } from '@posthouse/web'
import { mutate } from './house/mutate.ts'
import { Random } from './house/random.ts'

const requests = (process.env['POSTHOUSE_TEST_LONG'] ?? '') === '' ? 300 : 20_000
const together = 10
const outlook =
  '<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>' +
  '<EMailAddress>ada@example.test</EMailAddress></Request></Autodiscover>'
let suite: Suite
let seeds: readonly string[]

function get(path: string, host = 'mail.example.test', more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`
}

function post(path: string, body: string, type: string): string {
  const head = `POST ${path} HTTP/1.1\r\nHost: example.test\r\nContent-Type: ${type}\r\n`
  return `${head}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
}

before(async () => {
  suite = await startSuite({ apps: [web] })
  await suite.account('ada@example.test')
  const request = { account: 'ada@example.test', name: 'Phone' }
  const made = await suite.store.profileLinks.create(request, testActor)
  assert.ok(made.ok)
  const profile = `/profile/${made.token.reveal()}`
  seeds = [
    get('/mail/config-v1.1.xml?emailaddress=ada%40example.test', 'autoconfig.example.test'),
    get('/.well-known/autoconfig/mail/config-v1.1.xml', 'example.test:443'),
    get('/autodiscover/autodiscover.json?Email=ada@example.test&Protocol=AutodiscoverV1'),
    get('/autodiscover/autodiscover.json/v1.0/ada%40example.test?Protocol=AutodiscoverV1'),
    get('/.well-known/user-agent-configuration.json', 'ua-auto-config.example.test'),
    get('/.well-known/mta-sts.txt', 'mta-sts.example.test'),
    get('/.well-known/security.txt', '[::1]:2443'),
    get('/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA'),
    get('/setup?address=ada%40example.test', 'mail.example.test', 'If-None-Match: "x"\r\n'),
    get('/healthz/ready', '127.0.0.1', 'X-Forwarded-For: 192.0.2.1\r\n'),
    get(profile),
    post(profile, 'as=settings', 'application/x-www-form-urlencoded'),
    post('/Autodiscover/Autodiscover.xml', outlook, 'text/xml'),
  ]
})
after(() => suite.stop())

/** Sends all of it, says that this is all, and hears the server out. */
function converse(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // What is cut gets no answer, and what asks for more connections keeps this one: after a while it is told that this is all.
    const socket = net.connect(suite.port('http'), '127.0.0.1', () => {
      socket.write(Buffer.from(text, 'latin1'))
      const all = setTimeout(() => socket.end(), 200)
      socket.once('close', () => clearTimeout(all))
    })
    let said = ''
    socket.setTimeout(60_000, () => socket.destroy(new Error(`no end: ${JSON.stringify(text)}`)))
    socket.on('data', (octets: Buffer) => (said += octets.toString('latin1')))
    // What was said too much may be answered by a reset.
    socket.on('error', (error) =>
      'code' in error && error.code === 'ECONNRESET' ? resolve(said) : reject(error),
    )
    socket.on('close', () => resolve(said))
  })
}

function damage(random: Random): string {
  let text = seeds[random.below(seeds.length)] ?? ''
  for (let more = random.below(6); more >= 0; more -= 1) text = mutate(text, random)
  return text
}

async function isAnswered(text: string): Promise<void> {
  const answer = await converse(text)
  const shown = JSON.stringify(text)
  assert.match(answer, /^(HTTP\/1\.1 [1-5]\d\d [^\r\n]*\r\n|$)/, shown)
  assert.doesNotMatch(answer, /^HTTP\/1\.1 500/, shown)
  const elsewhere = /set-cookie|\r\nlocation: (?!\/setup\r|https:\/\/mail\.example\.test\/)/i
  assert.doesNotMatch(answer, elsewhere, shown)
}

test('damaged requests are answered as HTTP, without a bug in the log, and the server goes on', async () => {
  const random = new Random(20261128)
  for (let done = 0; done < requests; done += together) {
    await Promise.all(Array.from({ length: together }, () => damage(random)).map(isAnswered))
    const bug = suite.logTail().find((line) => line.includes(' ERROR '))
    assert.equal(bug, undefined)
  }
  assert.match(await converse(get('/robots.txt')), /^HTTP\/1\.1 200 /)
})
