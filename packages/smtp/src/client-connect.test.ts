import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { closeAll, closers, connect, kinds, message, optionsFor, serve } from './client.fixture.ts'
import { ehloReply, friendly, type Script } from './scripted-server.fixture.ts'
import { startTestServer } from './server.fixture.ts'
import { connectSmtp } from './smtp-client.ts'

after(closeAll)

describe('connecting', () => {
  it('says EHLO and reads what the peer offers', async () => {
    const server = await serve((line) =>
      line.startsWith('EHLO')
        ? '250-peer\r\n250-LIMITS RCPTMAX=20\r\n250 SIZE 99\r\n'
        : friendly(line),
    )
    const client = await connect(server.port)
    assert.equal(client.maxRecipients, 20)
    assert.equal(client.extensions.get('SIZE'), '99')
    assert.equal(client.tls, undefined)
    assert.deepEqual(server.peers[0]?.lines, ['EHLO mx.example.test'])
    await client.quit()
    assert.equal(client.usable, false)
  })

  it('falls back to HELO', async () => {
    const server = await serve((line) =>
      line.startsWith('EHLO') ? '502 what?\r\n' : friendly(line),
    )
    const client = await connect(server.port)
    assert.equal(client.extensions.size, 0)
    assert.deepEqual(kinds(await client.send(message)), ['delivered'])
    assert.deepEqual(server.peers[0]?.lines.slice(0, 3), [
      'EHLO mx.example.test',
      'HELO mx.example.test',
      'MAIL FROM:<ada@example.test>',
    ])
  })

  it('tells where it failed and in whose words', async () => {
    const busy = await serve(friendly, '421 4.7.0 come back\r\n')
    const first = await connectSmtp(optionsFor(busy.port))
    assert.ok(!first.ok)
    assert.equal(first.failure.stage, 'greeting')
    assert.deepEqual(first.failure.reply, { code: 421, enhanced: '4.7.0', text: 'come back' })
    const unfriendly = await serve(() => '554 no\r\n')
    const second = await connectSmtp(optionsFor(unfriendly.port))
    assert.ok(!second.ok)
    assert.equal(second.failure.stage, 'ehlo')
    assert.equal(second.failure.reply?.code, 554)
    const gone = await serve(friendly)
    await gone.close()
    closers.splice(closers.length - 1, 1)
    const third = await connectSmtp(optionsFor(gone.port))
    assert.ok(!third.ok)
    assert.equal(third.failure.stage, 'connect')
  })

  it('does not wait for ever at any step', async () => {
    const offersTls = '250-peer\r\n250 STARTTLS\r\n'
    const steps: readonly (readonly [Script, string | undefined])[] = [
      [friendly, ''],
      [friendly, '220-trickle\r\n'],
      [() => undefined, undefined],
      [(line) => (line.startsWith('EHLO') ? offersTls : undefined), undefined],
      [(line) => (line.startsWith('EHLO') ? offersTls : '220 go\r\n'), undefined],
    ]
    const deadlines = { connectMs: 100, greetingMs: 100 }
    for (const [script, greeting] of steps) {
      const server = await serve(script, greeting)
      const connected = await connectSmtp(optionsFor(server.port, { tls: 'required', deadlines }))
      assert.ok(!connected.ok)
      assert.notEqual(connected.failure.stage, 'aborted')
    }
  })

  it('stops when told to', async () => {
    const server = await serve(() => undefined)
    const abort = new AbortController()
    const connecting = connectSmtp(optionsFor(server.port), abort.signal)
    while (server.peers.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    abort.abort()
    const connected = await connecting
    assert.ok(!connected.ok)
    assert.equal(connected.failure.stage, 'aborted')
  })

  it('bounds what it reads of an endless greeting', async () => {
    const server = await serve(friendly, `220-${'x'.repeat(200_000)}\r\n`)
    const connected = await connectSmtp(optionsFor(server.port))
    assert.ok(!connected.ok)
  })
})

const withTls =
  (onStart: (peer: Parameters<Script>[1]) => string | undefined): Script =>
  (line, peer) => {
    if (line.startsWith('EHLO')) return '250-peer\r\n250 STARTTLS\r\n'
    return line === 'STARTTLS' ? onStart(peer) : friendly(line)
  }

describe('TLS', () => {
  it('is used where the peer offers it, whatever the certificate', async () => {
    const server = await startTestServer()
    closers.push(() => server.close())
    const client = await connect(server.listener.port)
    assert.match(client.tls?.protocol ?? '', /^TLS/)
    assert.equal(client.tls?.verified, false)
    assert.deepEqual(kinds(await client.send(message)), ['delivered'])
    assert.equal(server.taken[0]?.session.secure, true)
    assert.equal(server.taken[0]?.octets.toString(), 'Received: x\r\nSubject: hi\r\n\r\n.dot\r\n')
  })

  it('is done without where the peer refuses it or cannot, if it may be', async () => {
    const refusing = await serve(withTls(() => '454 4.7.0 not now\r\n'))
    const client = await connect(refusing.port)
    assert.equal(client.tls, undefined)
    const broken = await serve(
      withTls((peer) => {
        setImmediate(() => peer.write('this is no handshake\r\n'))
        return '220 go\r\n'
      }),
    )
    const second = await connect(broken.port)
    assert.equal(second.tls, undefined)
    assert.equal(broken.peers.length, 2)
    const closing = await serve(withTls((peer) => void peer.socket.end()))
    const third = await connectSmtp(optionsFor(closing.port))
    assert.ok(third.ok && third.fallback !== undefined)
    closers.push(() => Promise.resolve(third.client.destroy()))
    assert.equal(third.client.tls, undefined)
  })

  it('fails where it is required and not to be had, or the certificate is not good', async () => {
    const plain = await serve((line) => (line === 'STARTTLS' ? '502 no\r\n' : friendly(line)))
    const required = await connectSmtp(optionsFor(plain.port, { tls: 'required' }))
    assert.ok(!required.ok && required.failure.stage === 'tls')
    const server = await startTestServer()
    closers.push(() => server.close())
    const verified = await connectSmtp(optionsFor(server.listener.port, { tls: 'verified' }))
    assert.ok(!verified.ok && verified.failure.stage === 'tls')
  })

  it('believes nothing that was said before the handshake', async () => {
    const server = await serve((line, peer) => {
      if (line === 'STARTTLS') {
        peer.write('220 go\r\n250-injected\r\n250 SIZE 1\r\n')
        peer.startTls()
        return undefined
      }
      if (line.startsWith('EHLO')) {
        return peer.socket.constructor.name === 'TLSSocket'
          ? ehloReply
          : '250-peer\r\n250 STARTTLS\r\n'
      }
      return friendly(line)
    })
    const connected = await connectSmtp(optionsFor(server.port, { tls: 'required' }))
    if (connected.ok) {
      closers.push(() => Promise.resolve(connected.client.destroy()))
      assert.equal(connected.client.extensions.get('SIZE'), '1000000')
    }
  })
})
