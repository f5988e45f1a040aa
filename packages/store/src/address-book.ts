import { formatStoreAddress } from './address.ts'
import { questionOf, type Asked } from './address-question.ts'
import { reachFrom } from './address-reach.ts'
import { direct, roleNames } from './address-statements.ts'
import { trailOf, type Trail } from './address-trail.ts'
import { assemble, returnedTo } from './assemble-resolution.ts'
import type { Database } from './database.ts'
import { DomainStates, type KnownDomains } from './domain-states.ts'
import type { ForwardSenders } from './forward-senders.ts'
import { isSrs } from './forward-srs.ts'
import { accountId, type AccountId } from './ids.ts'
import type { Resolution } from './resolution.ts'

/** Turns addresses into the accounts and foreign addresses they lead to. */
export class AddressBook {
  readonly #database: Database
  readonly #limits: (account: AccountId, isLimited: boolean) => void
  readonly #senders: Pick<ForwardSenders, 'read'>
  readonly #domains: Pick<DomainStates, 'current'>

  /**
   * `limits` is told of accounts that were found whether they, or their domains, have a limit. `senders` knows rewritten senders
   * again.
   */
  constructor(
    database: Database,
    limits: (account: AccountId, isLimited: boolean) => void,
    senders: Pick<ForwardSenders, 'read'>,
    domains: Pick<DomainStates, 'current'> = new DomainStates(database),
  ) {
    this.#database = database
    this.#limits = limits
    this.#senders = senders
    this.#domains = domains
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
    const domains = await this.#domains.current()
    const plain = await this.#direct(questions, domains)
    questions.forEach((question, index) => {
      const answer: Resolution | undefined = question.kind === 'asked' ? plain.get(index) : question
      if (answer === undefined) open.push(index)
      else answers.set(index, answer)
    })
    for (const [index, answer] of await this.#reach(questions, open, domains))
      answers.set(index, answer)
    for (const [index, answer] of await this.#rewritten(texts, answers)) answers.set(index, answer)
    return questions.map((_, index) => answers.get(index) ?? { kind: 'unknown' })
  }

  /** The way that an address leads, hop by hop. */
  async trail(text: string): Promise<Trail> {
    const asked = questionOf(text)
    const [resolution, [reached]] = await Promise.all([
      this.resolve(text),
      reachFrom(
        (...what) => this.#database.read(...what),
        asked.kind === 'asked' ? [asked.question] : [],
      ),
    ])
    return trailOf(text, reached?.hops ?? [], resolution)
  }

  /**
   * Senders that we rewrote, among addresses of ours that nobody has; never one inside another. What looks like one and is none
   * is nobody's: no address of last resort collects what strangers make up.
   */
  async #rewritten(
    texts: readonly string[],
    answers: ReadonlyMap<number, Resolution>,
  ): Promise<ReadonlyMap<number, Resolution>> {
    const found = new Map<number, Resolution>()
    for (const [index, text] of texts.entries()) {
      const local = text.slice(0, Math.max(text.lastIndexOf('@'), 0))
      if (!isSrs(local) || !isNobodys(answers.get(index))) continue
      const sender = await this.#senders.read(local)
      if (sender === 'expired') found.set(index, { kind: 'unknown', wasOurs: true })
      else if (sender !== undefined) {
        found.set(index, returnedTo(sender.address, await this.resolve(sender.address)))
      } else found.set(index, { kind: 'unknown' })
    }
    return found
  }

  async #direct(
    questions: readonly Asked[],
    { aliasOf, off }: KnownDomains,
  ): Promise<ReadonlyMap<number, Resolution>> {
    const found = new Map<number, Resolution>()
    const asked = questions.flatMap((one, index) => {
      if (one.kind !== 'asked' || one.question.domain === '') return []
      const { question } = one
      const domain = aliasOf.get(question.domain) ?? question.domain
      // What a whole domain shares is for the second look.
      return off.has(domain) || off.has(question.domain) ? [] : [{ ...question, domain, index }]
    })
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
    { isPlain }: KnownDomains,
  ): Promise<ReadonlyMap<number, Resolution>> {
    const asked = open.flatMap((index) => {
      const question = questions[index]
      return question?.kind === 'asked' ? [{ ...question.question, index }] : []
    })
    const reached = await reachFrom((...what) => this.#database.read(...what), asked, isPlain)
    return new Map(
      asked.map((question, position) => {
        const { hops, isTooMany } = reached[position] ?? { hops: [], isTooMany: false }
        return [question.index, isTooMany ? { kind: 'loop' } : assemble(hops, question)]
      }),
    )
  }
}

/** Whether nobody has the address, whoever gets such mail. */
function isNobodys(found: Resolution | undefined): boolean {
  if (found === undefined) return false
  return found.kind === 'unknown' || ('isCatchAll' in found && found.isCatchAll)
}
