import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testAuthority } from '@posthouse/testkit'
import { makeCertificateFiles } from './house/outbound-certificate.ts'
import { noExim, startExim, type PrivateExim } from './house/outbound-exim.ts'
import { startHost, type ScriptedHost } from './house/outbound-host.ts'
import { ada, isDeferred } from './house/outbound-house.ts'
import { noSignedNames } from './house/outbound-names.ts'
import { makePlace, startWorld, type OutboundWorld, type Place } from './house/outbound-world.ts'
import { sampleMail } from './house/sample-mail.ts'
import { makeScratch, type Scratch } from './house/scratch.ts'
import { waitFor } from './house/wait-for.ts'

// Relays, as operators set them up: a real Exim that asks for a password, and what it never hears.

const skip = noSignedNames() || (await noExim())
let place: Place
let world: OutboundWorld
let exim: PrivateExim
let host: ScriptedHost
let scratch: Scratch
let count = 0

before(async () => {
  if (skip !== false) return
  place = await makePlace()
  const records = [
    '@ MX 10 mx',
    `mx A ${place.address(1)}`,
    `relay A ${place.address(1)}`,
    `wrong A ${place.address(1)}`,
  ].join('\n')
  const far = `@ MX 10 mx\nmx A ${place.address(2)}`
  world = await startWorld(
    place,
    [
      { name: 'exim.test', trust: 'unsigned', records },
      ...['far.test', 'later.test', 'sign.test', 'name.test'].map(
        (name) => ({ name, trust: 'unsigned', records: far }) as const,
      ),
    ],
    { limits: { ca: testAuthority().ca } },
  )
  const files = await makeCertificateFiles()
  world.keep(files)
  const pair = await files.write('relay', testAuthority().issue(['relay.exim.test']))
  exim = await startExim({
    address: place.address(1),
    port: place.port,
    hostname: 'relay.exim.test',
    domains: ['exim.test'],
    resolver: world.names.address,
    settings: { tls_advertise_hosts: '*', tls_certificate: pair.cert, tls_privatekey: pair.key },
    recipients: '  deny local_parts = nobody\n       message = 550 5.1.1 no such mailbox',
    users: { ada: 'engine' },
  })
  world.keep(exim)
  host = await startHost(
    { address: place.address(2), port: place.port },
    { on: { RCPT: () => '451 4.3.2 not today' } },
  )
  world.keep(host)
  scratch = await makeScratch()
  world.keep({ stop: () => scratch.remove() })
})
after(async () => {
  if (skip === false) await world.stop()
})

/** Submits a message to a domain. */
async function send(domain: string) {
  const n = ++count
  const to = `bob@${domain}`
  const queueId = await world.house.submit(to, sampleMail(n, ada, to))
  return { queueId, subject: `message ${n}` }
}

async function addRoute(domain: string, ...args: readonly string[]): Promise<void> {
  const via = `relay.exim.test:${place.port}`
  await world.house.run('route', 'add', domain, '--via', via, '--tls', 'verified', ...args)
}

async function arrived(subject: string): Promise<void> {
  await waitFor(subject, async () =>
    (await exim.delivered()).find((each) => each.includes(`\nSubject: ${subject}\n`)),
  )
}

test(
  'mail of a domain goes through its relay, which hears the password over verified TLS',
  { skip },
  async () => {
    const auth = await scratch.write('auth', ['ada', 'engine'])
    await addRoute('far.test', '--auth-file', auth)
    assert.match(await world.house.run('route', 'test', 'bob@far.test'), /relay\.exim\.test/)
    const { queueId, subject } = await send('far.test')
    const [item] = await world.house.settled(queueId)
    assert.equal(item?.state, 'delivered')
    await arrived(subject)
    assert.match(await exim.log(), / A=plain:ada .* for bob@far\.test/)
    assert.equal(host.connections, 0)
    assert.doesNotMatch(await world.house.run('route', 'list', '--json'), /engine/)
  },
)

test('a relay is asked only after as many attempts as were set', { skip }, async () => {
  const auth = await scratch.write('auth', ['ada', 'engine'])
  await addRoute('later.test', '--after', '1', '--auth-file', auth)
  const { queueId, subject } = await send('later.test')
  const [item] = await world.house.settled(queueId, isDeferred)
  assert.match(item?.last?.text ?? '', /not today/)
  await world.house.retry(queueId)
  await world.house.settled(queueId)
  await arrived(subject)
})

test('a relay that refuses the password keeps the mail waiting', { skip }, async () => {
  await addRoute('sign.test', '--auth-file', await scratch.write('bad', ['ada', 'wrong']))
  const { queueId } = await send('sign.test')
  const [item] = await world.house.settled(queueId, isDeferred)
  assert.match(item?.last?.text ?? '', /535|authenticat/i)
})

test('a relay that shows the certificate of another hears no password', { skip }, async () => {
  const auth = await scratch.write('secret', ['ada', 'unheard-of'])
  const via = `wrong.exim.test:${place.port}`
  await world.house.run(
    'route',
    'add',
    'name.test',
    '--via',
    via,
    '--tls',
    'verified',
    '--auth-file',
    auth,
  )
  const earlier = (await exim.log()).split('authenticator failed').length
  const { queueId } = await send('name.test')
  const [item] = await world.house.settled(queueId, isDeferred)
  assert.match(item?.last?.text ?? '', /certificate|altname|not for/i)
  assert.equal((await exim.log()).split('authenticator failed').length, earlier)
})

test('probe asks a host for a recipient, and sends nothing', { skip }, async () => {
  const earlier = (await exim.delivered()).length
  const good = await world.house.posthouse('probe', 'carol@exim.test')
  assert.equal(good.code, 0, good.stdout + good.stderr)
  const bad = await world.house.posthouse('probe', 'nobody@exim.test')
  assert.notEqual(bad.code, 0)
  assert.match(bad.stdout, /no such mailbox/)
  assert.equal((await exim.delivered()).length, earlier)
})
