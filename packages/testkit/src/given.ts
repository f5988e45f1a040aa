import { portNames, type PortName } from '@posthouse/config'
import { computeFacts } from '@posthouse/message'
import { readSettingChange, type Account } from '@posthouse/store'
import { sampleDate, sampleMessage } from './sample-message.ts'
import { testActor, type Suite, type SuiteOptions } from './suite.ts'
import { makeDomainGiven } from './domain-given.ts'
import { SignInGivens } from './sign-in-given.ts'
import type { Step } from './transcript-line.ts'
import { octetsOf, type Variables } from './transcript-text.ts'

/** The `given` lines that a suite must know before it starts, as its options. */
export function optionsOf(steps: readonly Step[]): Pick<SuiteOptions, 'limits' | 'plaintext'> {
  const limits: Record<string, number> = {}
  let plaintext: 'loopback' | 'never' = 'loopback'
  for (const step of steps) {
    if (step.kind !== 'given') continue
    const [what, key = '', value] = step.words.split(/ +/)
    if (what === 'limit') limits[key] = Number(value)
    if (what === 'plaintext' && (key === 'never' || key === 'loopback')) plaintext = key
  }
  return { limits, plaintext }
}

/** The listener of each peer: the transcript's own, or what `given peer` says. */
export function peersOf(steps: readonly Step[], own: PortName): ReadonlyMap<string, PortName> {
  const peers = new Map<string, PortName>()
  for (const step of steps) {
    if (step.kind === 'given') {
      const [what, peer, port] = step.words.split(/ +/)
      if (what !== 'peer' || peer === undefined) continue
      const name = portNames.find((each) => each === port)
      if (name === undefined) throw new Error(`there is no listener ${port ?? ''}`)
      peers.set(peer, name)
    } else if (!peers.has(step.peer)) peers.set(step.peer, own)
  }
  return peers
}

/** Makes in the store what `given` lines ask for. */
export class Givens {
  readonly #suite: Suite
  readonly #signIns: SignInGivens
  #account: Account | undefined

  constructor(suite: Suite) {
    this.#suite = suite
    this.#signIns = new SignInGivens(suite.store)
  }

  async make(words: string, block: readonly string[], variables: Variables): Promise<void> {
    const [what = '', first = '', ...rest] = words.split(/ +/)
    switch (what) {
      case 'account':
        this.#account = await this.#suite.account(first, afterWord(rest, 'password')?.[0])
        this.#signIns.of(this.#account.address)
        return
      case 'domain':
        await this.#suite.store.domains.create(first, testActor)
        return
      case 'alias':
        return this.#alias(words)
      case 'domain-alias':
      case 'catch-all':
      case 'disabled-domain':
        return makeDomainGiven(this.#suite.store.domains, what, first, rest)
      case 'setting':
        return this.#setting(first)
      case 'mailbox':
        return this.#mailbox(words.slice('mailbox '.length))
      case 'quota':
        return this.#suite.store.quotas.set(this.#owner().id, {
          bytes: Number(first),
          messages: Number(rest[0]),
        })
      case 'message':
        return this.#message(words, block, variables)
      case 'text':
        variables.set(first, blockOctets(block, variables).toString('latin1'))
        return
      case 'app-password':
      case 'revoked':
      case 'failures':
      case 'ban':
      case 'disabled':
        return this.#signIns.make(what, first, rest, variables)
      // Seen to before the suite started.
      case 'peer':
      case 'limit':
      case 'plaintext':
        return
      default:
        throw new Error(`nothing is known of "given ${what}"`)
    }
  }

  async #alias(words: string): Promise<void> {
    // As on the command line: with `--allow-send` everybody it leads to may write as it.
    const match = /^alias (\S+) -> (.+?)( --allow-send)?$/.exec(words)
    const [, address = '', targets = '', grant] = match ?? []
    const maySend = grant === undefined ? undefined : true
    const list = targets.split(/[ ,]+/).filter(Boolean)
    await this.#suite.store.domains.create(address.slice(address.lastIndexOf('@') + 1), testActor)
    const made = await this.#suite.store.aliases.create(address, list, testActor, { maySend })
    if (!made.ok) throw new Error(`no alias ${address}: ${made.reason}`)
  }

  async #setting(text: string): Promise<void> {
    const reading = readSettingChange(text)
    if (!reading.ok) throw new Error(`no setting ${text}: ${reading.reason}`)
    const { accountSettings } = this.#suite.store
    await accountSettings.change(this.#owner().address, [reading.change], testActor)
  }

  async #mailbox(words: string): Promise<void> {
    const match = /^(.+?)(?: with (\d+) messages?)?$/.exec(words)
    const [, name = '', count = '0'] = match ?? []
    for (let i = 1; i <= Number(count); i++) {
      const octets = sampleMessage(i, this.#owner().address)
      await this.#append(name, octets, [], sampleDate(i))
    }
    if (count === '0') await this.#idOf(name)
  }

  async #message(words: string, block: readonly string[], variables: Variables): Promise<void> {
    const match = /^message in (.+?)(?: flags (.+))?$/.exec(words)
    if (match === null) throw new Error('write "given message in MAILBOX [flags …]"')
    const [, name = '', flags = ''] = match
    const octets = blockOctets(block, variables)
    await this.#append(name, octets, flags.split(' ').filter(Boolean), sampleDate(0))
  }

  async #append(
    mailbox: string,
    octets: Buffer,
    flags: readonly string[],
    receivedAt: Date,
  ): Promise<void> {
    const id = await this.#idOf(mailbox)
    const request = { octets, facts: computeFacts(octets), flags, receivedAt }
    const done = await this.#suite.store.append(this.#owner().id, id, request)
    if (!done.ok) throw new Error(`no message in ${mailbox}: ${done.reason}`)
  }

  async #idOf(name: string) {
    const mailboxes = this.#suite.store.mailboxes(this.#owner().id)
    const found = await mailboxes.find(name)
    if (found !== undefined) return found.id
    const made = await mailboxes.create(name)
    if (!made.ok) throw new Error(`no mailbox ${name}: ${made.reason}`)
    return made.mailbox.id
  }

  #owner(): Account {
    if (this.#account === undefined) throw new Error('write "given account …" first')
    return this.#account
  }
}

function afterWord(words: readonly string[], word: string): readonly string[] | undefined {
  const at = words.indexOf(word)
  return at === -1 ? undefined : words.slice(at + 1)
}

function blockOctets(block: readonly string[], variables: Variables): Buffer {
  return Buffer.concat(
    block.map((line) => Buffer.concat([octetsOf(line, variables), Buffer.from('\r\n')])),
  )
}
