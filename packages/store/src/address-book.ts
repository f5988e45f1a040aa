import { domainKey, formatStoreAddress, localPartKey, parseStoreAddress } from './address.ts'
import type { Database } from './database.ts'
import { accountId, type AccountId } from './ids.ts'
import { assemble, returnedTo, type Hop } from './assemble-resolution.ts'
import type { ForwardSenders } from './forward-senders.ts'
import { isSrs } from './forward-srs.ts'
import { direct, reach, roleNames } from './address-statements.ts'
import type { Resolution } from './resolution.ts'

/** More addresses than this behind one alias (at any depth) count as a loop. */
const maxReached = 1_000

/** What is asked of the database for one address. */
interface Question {
  readonly domain: string
  /** `''` for `<postmaster>` without a domain. */
  readonly key: string
  /** The key without `+tag`; equal to it where there is none. */
  readonly baseKey: string
  readonly detail: string
}

/** Turns addresses into the accounts and foreign addresses they lead to. */
export class AddressBook {
  readonly #database: Database
  readonly #limits: (account: AccountId, isLimited: boolean) => void
  readonly #senders: Pick<ForwardSenders, 'read'>

  /**
   * `limits` is told of accounts that were found whether they, or their domains, have a limit. `senders` knows rewritten senders
   * again.
   */
  constructor(
    database: Database,
    limits: (account: AccountId, isLimited: boolean) => void,
    senders: Pick<ForwardSenders, 'read'>,
  ) {
    this.#database = database
    this.#limits = limits
    this.#senders = senders
  }

  /** One address. */
  async resolve(text: string): Promise<Resolution> {
    const [resolution] = await this.resolveAll([text])
    return resolution ?? { kind: 'unknown' }
  }

  /** Many, in their order: one statement for plain accounts, a second one where something else is among them. */
  async resolveAll(texts: readonly string[]): Promise<readonly Resolution[]> {
    const questions = texts.map(questionOf)
    const answers = new Map<number, Resolution>()
    const open: number[] = []
    const plain = await this.#direct(questions)
    questions.forEach((question, index) => {
      const answer: Resolution | undefined = question.kind === 'asked' ? plain.get(index) : question
      if (answer === undefined) open.push(index)
      else answers.set(index, answer)
    })
    for (const [index, answer] of await this.#reach(questions, open)) answers.set(index, answer)
    for (const [index, answer] of await this.#rewritten(texts, answers)) answers.set(index, answer)
    return questions.map((_, index) => answers.get(index) ?? { kind: 'unknown' })
  }

  /** Senders that we rewrote, among addresses of ours that nobody has; never one inside another. */
  async #rewritten(
    texts: readonly string[],
    answers: ReadonlyMap<number, Resolution>,
  ): Promise<ReadonlyMap<number, Resolution>> {
    const found = new Map<number, Resolution>()
    for (const [index, text] of texts.entries()) {
      const local = text.slice(0, Math.max(text.lastIndexOf('@'), 0))
      if (!isSrs(local) || answers.get(index)?.kind !== 'unknown') continue
      const sender = await this.#senders.read(local)
      if (sender === 'expired') found.set(index, { kind: 'unknown', wasOurs: true })
      else if (sender !== undefined) {
        found.set(index, returnedTo(sender.address, await this.resolve(sender.address)))
      }
    }
    return found
  }

  async #direct(questions: readonly Asked[]): Promise<ReadonlyMap<number, Resolution>> {
    const found = new Map<number, Resolution>()
    const asked = questions.flatMap((question, index) =>
      question.kind === 'asked' && question.question.domain !== ''
        ? [{ ...question.question, index }]
        : [],
    )
    if (asked.length === 0) return found
    const values = [asked.map(({ domain }) => domain), asked.map(({ key }) => key)]
    for (const row of await this.#database.read(direct, values)) {
      const [n, id, localPart, isDisabled, isLimited, isForwarded] = row
      const question = asked[n - 1]
      // Whom the mail of a role goes to instead is for the second look.
      if (question === undefined || (isDisabled && roleNames.has(question.baseKey))) continue
      const address = formatStoreAddress({ localPart, domain: question.domain })
      const account = { account: accountId(id), address, detail: '' }
      this.#limits(account.account, isLimited)
      if (isForwarded && !isDisabled) continue
      found.set(question.index, isDisabled ? { kind: 'disabled' } : { kind: 'local', account })
    }
    return found
  }

  async #reach(
    questions: readonly Asked[],
    open: readonly number[],
  ): Promise<ReadonlyMap<number, Resolution>> {
    const answers = new Map<number, Resolution>()
    if (open.length === 0) return answers
    const asked = open.flatMap((index) => {
      const question = questions[index]
      return question?.kind === 'asked' ? [{ ...question.question, index }] : []
    })
    const limit = maxReached + 1
    const rows = await this.#database.read(reach, [
      asked.map(({ domain }) => domain),
      asked.map(({ key }) => key),
      asked.map(({ baseKey }) => baseKey),
      limit * asked.length,
    ])
    const hops = Map.groupBy(rows.map(hopOf), ({ n }) => n)
    asked.forEach((question, position) => {
      const reached = hops.get(position + 1) ?? []
      const isTooMany = reached.length > maxReached || rows.length >= limit * asked.length
      answers.set(question.index, isTooMany ? { kind: 'loop' } : assemble(reached, question))
    })
    return answers
  }
}

type Asked =
  | { readonly kind: 'asked'; readonly question: Question }
  | { readonly kind: 'unknown' | 'foreign' }

function questionOf(text: string): Asked {
  if (localPartKey(text) === 'postmaster') {
    const question = { domain: '', key: 'postmaster', baseKey: 'postmaster', detail: '' }
    return { kind: 'asked', question }
  }
  const parsed = parseStoreAddress(text)
  if (parsed === undefined) return oddQuestion(text)
  const { domain, localKey, localPart } = parsed
  const plus = localKey.indexOf('+')
  const baseKey = plus > 0 ? localKey.slice(0, plus) : localKey
  const detail = plus > 0 ? localPart.slice(localPart.indexOf('+') + 1) : ''
  return { kind: 'asked', question: { domain, key: localKey, baseKey, detail } }
}

/** No address of ours, by its local part: whether it is foreign depends on the domain alone. No key is empty. */
function oddQuestion(text: string): Asked {
  const at = text.lastIndexOf('@')
  if (at < 0) return { kind: 'unknown' }
  const domain = domainKey(text.slice(at + 1))
  if (domain === undefined) return { kind: 'foreign' }
  return { kind: 'asked', question: { domain, key: '', baseKey: '', detail: '' } }
}

function hopOf(row: readonly unknown[]): Hop {
  const [n, domain, key, base, localPart, isHosted, isAlias, account, ...found] = row
  const [accountDomain, accountPart, isDisabled, ...way] = found
  const [via, viaDomain, isPaused, isBypassed, viaAccount] = way
  return {
    n: Number(n),
    domain: String(domain),
    key: String(key),
    baseKey: String(base),
    localPart: String(localPart),
    isHosted: isHosted === true,
    isAlias: isAlias === true,
    account: typeof account === 'string' ? accountId(account) : undefined,
    accountDomain: String(accountDomain),
    accountLocalPart: String(accountPart),
    isDisabled: isDisabled === true,
    via: String(via),
    viaDomain: String(viaDomain),
    isPaused: isPaused === true,
    isBypassed: isBypassed === true,
    viaAccount: typeof viaAccount === 'string' ? accountId(viaAccount) : undefined,
  }
}
