import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { closeAll, connect, kinds, message, serve } from './client.fixture.ts'
import type { OutboundMessage } from './outcome.ts'
import { friendly } from './scripted-server.fixture.ts'
import type { ClientDeadlines } from './smtp-client.ts'

after(closeAll)

/** A short deadline for the step that is to fail, and for no other. */
const shortAt = (verb: string): Partial<ClientDeadlines> =>
  verb === '<message>' ? { dataEndMs: 300 } : { commandMs: 300 }

describe('sending', () => {
  it('sends several messages on one connection', async () => {
    const server = await serve(friendly)
    const client = await connect(server.port)
    for (let i = 0; i < 3; i += 1) {
      const result = await client.send(message)
      assert.deepEqual(kinds(result), ['delivered'])
      assert.ok(result.reusable)
    }
    assert.equal(server.peers.length, 1)
    assert.equal(server.peers[0]?.messages.length, 3)
    assert.equal(server.peers[0]?.messages[0], 'Received: x\r\nSubject: hi\r\n\r\n..dot\r\n')
  })

  it('passes on what the sender wished, where the peer knows how', async () => {
    const wishes: OutboundMessage = {
      ...message,
      sender: '',
      recipients: [
        {
          address: 'a@peer.example',
          notify: ['success', 'failure'],
          originalRecipient: 'rfc822;a+b=c@x.example',
        },
        { address: 'b@peer.example', notify: ['never'] },
      ],
      isEightBit: true,
      needsSmtpUtf8: true,
      returnContent: 'headers',
      envelopeId: 'id 1+1=2',
    }
    const server = await serve(friendly)
    const client = await connect(server.port)
    assert.deepEqual(kinds(await client.send(wishes)), ['delivered', 'delivered'])
    assert.deepEqual(server.peers[0]?.lines.slice(1, 4), [
      'MAIL FROM:<> BODY=8BITMIME SIZE=34 SMTPUTF8 RET=HDRS ENVID=id+201+2B1+3D2',
      'RCPT TO:<a@peer.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb+3Dc@x.example',
      'RCPT TO:<b@peer.example> NOTIFY=NEVER',
    ])
  })

  it('does not send what the peer cannot take', async () => {
    const server = await serve((line) =>
      line.startsWith('EHLO') ? '250-peer\r\n250 SIZE 30\r\n' : friendly(line),
    )
    const client = await connect(server.port)
    const small = { ...message, octets: [Buffer.from('x\r\n')] }
    const cases: readonly (readonly [OutboundMessage, string])[] = [
      [message, '5.3.4'],
      [{ ...small, isEightBit: true }, '5.6.3'],
      [{ ...small, needsSmtpUtf8: true }, '5.6.7'],
      [{ ...small, recipients: [{ address: 'bøb@peer.example' }] }, '5.6.7'],
    ]
    for (const [sent, enhanced] of cases) {
      const outcome = (await client.send(sent)).recipients[0]?.outcome
      assert.ok(outcome?.kind === 'bounced' && outcome.local)
      assert.equal(outcome.reply.enhanced, enhanced)
    }
    assert.deepEqual(kinds(await client.send(small)), ['delivered'])
    assert.equal(server.peers[0]?.messages.length, 1)
  })

  it('sends what fills the socket to the brim, stuffed or not, in one write', async () => {
    const server = await serve(friendly)
    const client = await connect(server.port)
    for (const size of [16_384, 65_533, 65_536]) {
      for (const line of [`${'x'.repeat(62)}\r\n`, '.\r\n']) {
        const octets = Buffer.alloc(size, line)
        assert.deepEqual(kinds(await client.send({ ...message, octets: [octets] })), ['delivered'])
        const got = server.peers[0]?.messages.at(-1)?.length ?? 0
        assert.ok(got >= size, `${got} octets of ${size}`)
      }
    }
  })

  it('never sends bare CR or LF', async () => {
    const server = await serve(friendly)
    const client = await connect(server.port)
    await client.send({ ...message, octets: [Buffer.from('a\nb\rc\r\n.\nMAIL FROM:<x@y>\r\n')] })
    const [sent = ''] = server.peers[0]?.messages ?? []
    assert.doesNotMatch(sent, /\r(?!\n)|(?<!\r)\n/)
    assert.deepEqual(server.peers[0]?.lines.filter((line) => line.startsWith('MAIL')).length, 1)
  })

  it('tells each recipient’s fate from the others’', async () => {
    for (const pipelining of ['250-PIPELINING\r\n', '']) {
      const server = await serve((line) => {
        if (line.startsWith('EHLO')) return `250-peer\r\n${pipelining}250 HELP\r\n`
        if (line.includes('no@')) return '550 5.1.1 nobody\r\n'
        if (line.includes('later@')) return '450 4.2.0 greylisted\r\n'
        if (line.includes('many@')) return '552 too many recipients\r\n'
        return friendly(line)
      })
      const client = await connect(server.port)
      const result = await client.send({
        ...message,
        recipients: ['no@p.x', 'yes@p.x', 'later@p.x', 'many@p.x'].map((address) => ({ address })),
      })
      assert.deepEqual(kinds(result), ['bounced', 'delivered', 'deferred', 'deferred'])
      assert.ok(result.reusable)
      const all = await client.send({
        ...message,
        recipients: [{ address: 'no@p.x' }, { address: 'later@p.x' }],
      })
      assert.deepEqual(kinds(all), ['bounced', 'deferred'])
      assert.deepEqual(kinds(await client.send(message)), ['delivered'])
      assert.equal(server.peers.length, 1)
    }
  })

  it('reads refusals at every verb', async () => {
    const verbs = ['MAIL', 'RCPT', 'DATA', '<message>']
    for (const verb of verbs) {
      for (const [said, kind] of [
        ['451 4.3.0 later', 'deferred'],
        ['554 5.7.1 never', 'bounced'],
        ['421 4.3.2 closing', 'deferred'],
      ] as const) {
        const server = await serve((line, peer) => {
          if (!line.startsWith(verb)) return friendly(line)
          if (said.startsWith('421')) setImmediate(() => peer.socket.end())
          return `${said}\r\n`
        })
        const client = await connect(server.port)
        const result = await client.send(message)
        assert.deepEqual(kinds(result), [kind], `${verb}: ${said}`)
        const outcome = result.recipients[0]?.outcome
        assert.ok(
          outcome !== undefined &&
            'reply' in outcome &&
            outcome.reply?.code === Number(said.slice(0, 3)),
        )
      }
    }
  })

  it('knows that it does not know when the connection is lost after the final dot', async () => {
    const server = await serve((line, peer) => {
      if (line !== '<message>') return friendly(line)
      peer.socket.destroy()
      return undefined
    })
    const client = await connect(server.port)
    const result = await client.send(message)
    assert.deepEqual(kinds(result), ['unknown'])
    assert.equal(result.reusable, false)
    assert.deepEqual(kinds(await client.send(message)), ['deferred'])
  })

  it('defers when the connection is lost before', async () => {
    for (const verb of ['MAIL', 'RCPT', 'DATA']) {
      const server = await serve((line, peer) => {
        if (!line.startsWith(verb)) return friendly(line)
        peer.socket.destroy()
        return undefined
      })
      const client = await connect(server.port)
      assert.deepEqual(kinds(await client.send(message)), ['deferred'], verb)
    }
  })

  it('does not wait for ever at any verb', async () => {
    for (const verb of ['MAIL', 'RCPT', 'DATA', '<message>']) {
      const server = await serve((line) =>
        line.startsWith(verb) ? '250-not yet\r\n' : friendly(line),
      )
      const client = await connect(server.port, { deadlines: shortAt(verb) })
      const result = await client.send(message)
      assert.deepEqual(kinds(result), [verb === '<message>' ? 'unknown' : 'deferred'], verb)
      assert.equal(result.reusable, false)
    }
  })

  it('does not wait for ever for a peer that reads no more', async () => {
    const server = await serve((line, peer) => {
      if (line.startsWith('EHLO')) return '250 peer\r\n'
      if (line === 'DATA') peer.socket.pause()
      return friendly(line)
    })
    const client = await connect(server.port, { deadlines: { dataBlockMs: 200, dataEndMs: 500 } })
    // More than all the buffers on the way hold.
    const piece = Buffer.alloc(1_000_000, `${'x'.repeat(78)}\r\n`)
    const result = await client.send({
      ...message,
      octets: Array.from({ length: 60 }, () => piece),
    })
    assert.deepEqual(kinds(result), ['deferred'])
    assert.equal(result.reusable, false)
  })

  it('ends when told to, at any moment', async () => {
    for (const verb of ['MAIL', '<message>']) {
      const reached = Promise.withResolvers<void>()
      const server = await serve((line) => {
        if (!line.startsWith(verb)) return friendly(line)
        reached.resolve()
        return undefined
      })
      const client = await connect(server.port)
      const abort = new AbortController()
      const sending = client.send(message, abort.signal)
      await reached.promise
      abort.abort()
      assert.deepEqual(kinds(await sending), [verb === '<message>' ? 'unknown' : 'deferred'])
      assert.equal(client.usable, false)
    }
  })

  it('makes nothing of nonsense', async () => {
    for (const [verb, kind] of [
      ['MAIL', 'deferred'],
      ['RCPT', 'deferred'],
      ['DATA', 'deferred'],
      ['<message>', 'unknown'],
    ] as const) {
      for (const nonsense of [
        'hello there\r\n',
        '999 what\r\n',
        '\xff\xfe\xfd\r\n',
        `250${'x'.repeat(70_000)}`,
      ]) {
        const server = await serve((line) => (line.startsWith(verb) ? nonsense : friendly(line)))
        const client = await connect(server.port, { deadlines: shortAt(verb) })
        const result = await client.send(message)
        assert.deepEqual(kinds(result), [kind], `${verb}: ${nonsense.slice(0, 20)}`)
      }
    }
  })

  it('takes 250 to DATA for a peer that is out of step', async () => {
    const server = await serve((line) => (line === 'DATA' ? '250 sure\r\n' : friendly(line)))
    const client = await connect(server.port)
    const result = await client.send(message)
    assert.deepEqual(kinds(result), ['deferred'])
    assert.equal(result.reusable, false)
    assert.deepEqual(server.peers[0]?.messages, [])
  })
})
