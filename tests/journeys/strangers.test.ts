import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { app as mx } from '@posthouse/mx'
import { readFilterSetting } from '@posthouse/store'
import { startSuite, testActor, type RawClient, type Suite } from '@posthouse/testkit'

const zone = new Zone(`
example.org A 192.0.2.80
7.2.0.192.in-addr.arpa PTR mail.example.org
mail.example.org A 192.0.2.7
2.0.0.127.bl.test A 127.0.0.2
66.2.0.192.bl.test A 127.0.0.2
2.0.0.127.wild.test A 127.0.0.2
1.0.0.127.wild.test A 127.0.0.2
66.2.0.192.wild.test A 127.0.0.2
test.dl.test A 127.0.0.2
worse.example.dl.test A 127.0.0.2
`)

const codes = { '127.0.0.2': 5 }

function letter(text: string): string {
  const lines = [
    'From: Grace Hopper <grace@example.org>',
    'To: Ada <ada@example.test>',
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${crypto.randomUUID()}@example.org>`,
    'Subject: Notes on the compiler',
    '',
    text,
  ]
  return `${lines.join('\r\n')}\r\n`
}

async function reply(client: RawClient): Promise<string> {
  const lines = await client.readLines((line) => !/^\d{3}-/.test(line))
  return lines.join('\n')
}

describe('strangers at the door, by lists and by patience', () => {
  let suite: Suite
  before(async () => {
    suite = await startSuite({
      apps: [mx],
      resolver: zoneResolver(zone),
      proxy: { networks: ['127.0.0.1'] },
      lists: [
        { name: 'listed', zone: 'bl.test', kind: 'address', codes },
        { name: 'wild', zone: 'wild.test', kind: 'address', codes },
        { name: 'domains', zone: 'dl.test', kind: 'domain', codes: { '127.0.0.2': 3 } },
      ],
    })
    await suite.account('ada@example.test')
  })
  after(() => suite.stop())

  /** What the MX says to a message from this address. */
  async function send(address: string, octets: string, to = 'ada@example.test'): Promise<string> {
    const client = await suite.connect('mx')
    client.send(`PROXY TCP4 ${address} 198.51.100.7 56324 25\r\n`)
    await reply(client)
    for (const line of [
      'EHLO mail.example.org',
      'MAIL FROM:<grace@example.org>',
      `RCPT TO:<${to}>`,
    ]) {
      client.sendLine(line)
      assert.match(await reply(client), /^250/)
    }
    client.sendLine('DATA')
    assert.match(await reply(client), /^354/)
    client.send(`${octets}.\r\n`)
    const answer = await reply(client)
    client.close()
    return answer
  }

  async function findings(answer: string): Promise<readonly string[]> {
    const id = /[0-9A-Z]{26}/.exec(answer)?.[0] ?? ''
    const kept = await suite.store.verdicts.find(id)
    return (kept?.findings ?? []).map(({ symbol }) => symbol)
  }

  it('counts what lists say of a client and of links, and believes none that lists everything', async () => {
    const listed = await findings(
      await send('192.0.2.66', letter('Look at https://www.worse.example/x and tell me.')),
    )
    assert.ok(listed.includes('CLIENT_LISTED_LISTED'), listed.join(' '))
    assert.ok(listed.includes('LINK_LISTED_DOMAINS'), listed.join(' '))
    assert.ok(!listed.includes('CLIENT_LISTED_WILD'), listed.join(' '))
    assert.ok(suite.logTail().some((line) => /filter\.list\.off .*wild/.test(line)))
    const clean = await findings(await send('192.0.2.7', letter('The notes that I promised.')))
    assert.deepEqual(
      clean.filter((symbol) => /LISTED/.test(symbol)),
      [],
    )
  })

  it('puts a stranger off while in doubt, and nobody else', async () => {
    const on = readFilterSetting('greylist=on')
    assert.ok(on.ok)
    await suite.store.filterSettings.change([on.change], testActor)
    // The MX hears of the change in a moment.
    for (
      let tries = 0;
      !(await send('192.0.2.66', letter('The notes.'))).startsWith('451');
      tries++
    ) {
      assert.ok(tries < 600, 'nobody was put off')
    }
    assert.match(await send('192.0.2.66', letter('Again, too soon.')), /^451 4\.7\.1 /)
    assert.match(await send('192.0.2.7', letter('The notes.')), /^250 2\.0\.0 /, 'no doubt')
    const { reputation } = suite.store.learning
    const { id = '' } = (await suite.store.accounts.show('ada@example.test')) ?? {}
    await reputation.wrote(id, ['grace@example.org'])
    assert.match(await send('192.0.2.66', letter('Whom Ada wrote to.')), /^250 2\.0\.0 /)
  })
})
