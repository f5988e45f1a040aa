import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeAll, closers, connect, kinds, message, optionsFor, serve } from './client.fixture.ts'
import { friendly, type Script } from './scripted-server.fixture.ts'
import { startTestServer } from './server.fixture.ts'
import { connectSmtp } from './smtp-client.ts'

after(closeAll)

const requiring = { ...message, requiresTls: true }

/** Offers STARTTLS, and after it these. */
const protectedPeer =
  (...keywords: readonly string[]): Script =>
  (line, peer) => {
    const isProtected = peer.socket.constructor.name === 'TLSSocket'
    if (line.startsWith('EHLO')) {
      const offered = isProtected ? keywords : ['STARTTLS']
      return ['peer', ...offered]
        .map((word, at) => `250${at === offered.length ? ' ' : '-'}${word}\r\n`)
        .join('')
    }
    if (line !== 'STARTTLS') return friendly(line)
    peer.write('220 go\r\n')
    peer.startTls()
    return undefined
  }

test('a message that requires TLS goes with the parameter to a peer that promises the same', async () => {
  const server = await serve(protectedPeer('REQUIRETLS'))
  const client = await connect(server.port)
  assert.deepEqual(kinds(await client.send(requiring)), ['delivered'])
  assert.ok(server.peers[0]?.lines.includes('MAIL FROM:<ada@example.test> REQUIRETLS'))
})

test('it goes to no peer that does not, nor in the clear', async () => {
  const without = await serve(protectedPeer('8BITMIME'))
  const clear = await serve((line) =>
    line.startsWith('EHLO') ? '250-peer\r\n250 REQUIRETLS\r\n' : friendly(line),
  )
  for (const server of [without, clear]) {
    const client = await connect(server.port)
    const [outcome] = (await client.send(requiring)).recipients.map((each) => each.outcome)
    assert.ok(outcome?.kind === 'bounced' && outcome.local)
    assert.deepEqual([outcome.reply.code, outcome.reply.enhanced], [550, '5.7.30'])
    assert.deepEqual(
      server.peers[0]?.lines.filter((line) => line.startsWith('MAIL')),
      [],
    )
  }
})

test('it tells the certificates of the peer, and why they are not trusted', async () => {
  const server = await startTestServer()
  closers.push(() => server.close())
  const client = await connect(server.listener.port)
  assert.match(client.tls?.distrust ?? '', /^[A-Z_]+$/)
  assert.equal(client.tls?.verified, false)
  assert.equal(client.tls?.chain().length, 1)
  assert.match(client.localAddress ?? '', /^127\./)
})

const login =
  (answers: Readonly<Record<string, string>>): Script =>
  (line, peer) => {
    const verb = line.split(' ')[0] ?? ''
    if (verb === 'AUTH') return answers[line.slice(0, 10)] ?? '504 5.5.4 what?\r\n'
    return answers[line] ?? protectedPeer(answers['offer'] ?? 'AUTH PLAIN')(line, peer)
  }
const credentials = { user: 'ada', password: 'analytical' }
const plain = Buffer.from('\0ada\0analytical').toString('base64')

test('it signs in under TLS, with what the peer offers', async () => {
  const server = await serve(login({ 'AUTH PLAIN': '235 2.7.0 welcome\r\n' }))
  const client = await connect(server.port, { credentials })
  assert.ok(server.peers[0]?.lines.includes(`AUTH PLAIN ${plain}`))
  assert.deepEqual(kinds(await client.send(message)), ['delivered'])
  const other = await serve(
    login({
      offer: 'AUTH LOGIN CRAM-MD5',
      'AUTH LOGIN': '334 VXNlcm5hbWU6\r\n',
      YWRh: '334 UGFzc3dvcmQ6\r\n',
      [Buffer.from('analytical').toString('base64')]: '235 2.7.0 welcome\r\n',
    }),
  )
  await connect(other.port, { credentials })
})

test('a refusal is told in the words of the peer; a password never goes in the clear', async () => {
  const refusing = await serve(login({ 'AUTH PLAIN': '535 5.7.8 no\r\n' }))
  const refused = await connectSmtp(optionsFor(refusing.port, { credentials }))
  assert.ok(!refused.ok && refused.failure.stage === 'auth')
  assert.equal(refused.failure.reply?.code, 535)
  const nothing = await serve(login({ offer: '8BITMIME' }))
  const none = await connectSmtp(optionsFor(nothing.port, { credentials }))
  assert.ok(!none.ok && none.failure.stage === 'auth')
  const clear = await serve((line) =>
    line.startsWith('EHLO') ? '250-peer\r\n250 AUTH PLAIN\r\n' : friendly(line),
  )
  const unsafe = await connectSmtp(optionsFor(clear.port, { credentials }))
  assert.ok(!unsafe.ok && unsafe.failure.stage === 'auth')
  assert.deepEqual(clear.peers[0]?.lines, ['EHLO mx.example.test'])
  const silent = await serve((line, peer) =>
    line.startsWith('AUTH') ? undefined : login({})(line, peer),
  )
  const late = await connectSmtp(
    optionsFor(silent.port, { credentials, deadlines: { commandMs: 300 } }),
  )
  assert.ok(!late.ok && late.failure.stage === 'auth')
})
