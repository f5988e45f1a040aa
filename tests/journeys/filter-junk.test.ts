import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import type { AccountId } from '@posthouse/store'
import { makeKey, signMail } from '../../packages/mail-auth/src/signed-mail.fixture.ts'
import { ada, bob, FilterHouse, outsideZone } from './house/filter-house.ts'
import { letter } from './house/filter-letters.ts'
import { LineClient } from './house/line-client.ts'
import { waitFor } from './house/wait-for.ts'

// What owners do with their mail in Thunderbird, in the very commands that it sends, and what later mail of the sender gets.

const key = makeKey('ed25519')
const zone = new Zone(`${outsideZone}
test._domainkey.example.org TXT "${key.record}"
`)

const sender = 'news@example.org'

/** The next letter of the sender's, signed. */
function next(n: number): Promise<Buffer> {
  const body = `Dear reader, saddle number ${n} of our bicycle shop waits for you, with bell and lamp.\r\n`
  return signMail(letter({ from: sender, subject: `Saddles ${n}`, body }), 'example.org', key)
}

/** Thunderbird's session of one account. */
class Bird {
  readonly #client: LineClient
  readonly close: () => void

  private constructor(client: LineClient, close: () => void) {
    this.#client = client
    this.close = close
  }

  static async open(house: FilterHouse, user: string): Promise<Bird> {
    const connection = await house.suite.connect('imap')
    const client = new LineClient(connection)
    await client.ok(`LOGIN ${user} analytical`)
    return new Bird(client, () => connection.close())
  }

  /** Presses the button "Junk": marks all of INBOX, and moves it. */
  async junksAll(): Promise<void> {
    await this.#client.ok('SELECT INBOX')
    await this.#client.ok('UID STORE 1:* +FLAGS (Junk)')
    await this.#client.ok('UID STORE 1:* -FLAGS (NonJunk)')
    await this.#client.ok('UID MOVE 1:* Junk')
  }

  /** Presses "Not Junk" there, and moves it back, as servers without MOVE have it done. */
  async wantsAll(): Promise<void> {
    await this.#client.ok('SELECT Junk')
    await this.#client.ok('UID STORE 1:* +FLAGS (NonJunk)')
    await this.#client.ok('UID STORE 1:* -FLAGS (Junk)')
    await this.#client.ok('UID COPY 1:* INBOX')
    await this.#client.ok('UID STORE 1:* +FLAGS (\\Deleted \\Seen)')
    await this.#client.ok('EXPUNGE')
  }

  /** Empties a mailbox for good. */
  async empties(mailbox: string): Promise<void> {
    await this.#client.ok(`SELECT ${mailbox}`)
    await this.#client.ok('STORE 1:* +FLAGS.SILENT (\\Deleted)')
    await this.#client.ok('EXPUNGE')
  }
}

describe('a message that its owner moves to Junk and back', () => {
  let house: FilterHouse
  before(async () => {
    house = await FilterHouse.start({ resolver: zoneResolver(zone) })
  })
  after(() => house.stop())

  async function idOf(address: string): Promise<AccountId> {
    const account = await house.store.accounts.show(address)
    assert.ok(account)
    return account.id
  }

  /** What is remembered that this account said of the sender: positive for spam. */
  async function balance(account: string): Promise<number> {
    const subject = `a:${sender}`
    const { reputation } = house.store.learning
    const fame = (await reputation.fame([subject], await idOf(account))).get(subject)
    return (fame?.spam ?? 0) - (fame?.ham ?? 0)
  }

  /** Sends the next letter; its points, symbols and place. */
  async function sent(n: number, to: string) {
    const [, junk] = await house.counts(to)
    const answer = await house.send(await next(n), { from: sender, to: [to] })
    assert.match(answer, /^250/)
    const { points, findings } = await house.verdictOn(answer)
    const isJunk = (await house.counts(to))[1] > junk
    return { points, isJunk, symbols: findings.map(({ symbol }) => symbol) }
  }

  test('changes the next verdict on the same sender both times, for its owner alone', async () => {
    const bird = await Bird.open(house, ada)
    const first = await sent(1, ada)
    assert.ok(!first.isJunk)
    assert.ok(!first.symbols.some((symbol) => symbol.startsWith('SENDER_')))

    await bird.junksAll()
    await waitFor('the lesson to be learnt', async () =>
      (await balance(ada)) > 0 ? true : undefined,
    )
    const second = await sent(2, ada)
    assert.ok(second.symbols.includes('SENDER_JUNKED'), second.symbols.join())
    assert.ok(second.points > first.points, `${second.points} after ${first.points}`)
    const elsewhere = await sent(3, bob)
    assert.ok(!elsewhere.symbols.some((symbol) => symbol.startsWith('SENDER_')))
    assert.ok(!elsewhere.isJunk)

    await bird.wantsAll()
    await waitFor('the lesson to be unlearnt', async () =>
      (await balance(ada)) < 0 ? true : undefined,
    )
    const third = await sent(4, ada)
    assert.ok(!third.symbols.includes('SENDER_JUNKED'), third.symbols.join())
    assert.ok(third.points < second.points, `${third.points} after ${second.points}`)
    assert.ok(!third.isJunk)
    bird.close()
  })

  test('again and again, sends the next one to Junk by itself; to nobody else’s', async (t) => {
    const bird = await Bird.open(house, ada)
    const earlier = await sent(100, bob)
    for (let n = 101; n <= 120; n++) {
      assert.match(await house.send(await next(n), { from: sender }), /^250/)
    }
    const wasAt = await balance(ada)
    await bird.junksAll()
    await waitFor('all lessons to be learnt', async () =>
      (await balance(ada)) > wasAt + 15 ? true : undefined,
    )
    await bird.empties('Junk')
    const own = await sent(121, ada)
    assert.ok(own.isJunk, `${own.points} points: ${own.symbols.join()}`)
    const others = await sent(122, bob)
    t.diagnostic(
      `points: ${own.points} for the owner, ${others.points} for another, ${earlier.points} before`,
    )
    assert.ok(!others.isJunk, others.symbols.join())
    assert.ok(others.points < 4, 'not even marked')

    // A letter for both is seen as the house sees it: none of them decides for the other.
    const [adaInbox] = await house.counts(ada)
    const [bobInbox] = await house.counts(bob)
    assert.match(await house.send(await next(123), { from: sender, to: [ada, bob] }), /^250/)
    assert.equal((await house.counts(bob))[0], bobInbox + 1)
    assert.equal((await house.counts(ada))[0], adaInbox + 1)
    bird.close()
  })
})
