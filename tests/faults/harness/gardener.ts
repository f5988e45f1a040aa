import type { Dice } from './dice.ts'
import { ImapClient } from './imap-client.ts'
import { copiesIn, type Item, type Ledger } from './ledger.ts'
import { AnswerLost, Refused } from './line-client.ts'
import { readMailbox, type Seen } from './mailbox-reading.ts'
import { pause } from './scene.ts'
import { messageWith, newToken } from './tokens.ts'

const boxes = ['INBOX', 'Archive', 'Trash'] as const
const flags = ['\\Seen', '\\Flagged', '\\Answered', '$Label1', 'Later'] as const

/** How a gardener works. */
export interface GardenerOptions {
  readonly port: number
  readonly account: string
  readonly password: string
  /** Gardeners of one account never touch the same message: this one takes tokens whose length leaves this rest. */
  readonly share: { readonly rest: number; readonly of: number }
  readonly ledger: Ledger
  readonly dice: Dice
  readonly signal: AbortSignal
}

/** Flags, copies, moves, expunges and appends in one account, over sessions that break again and again. */
export class Gardener {
  readonly #options: GardenerOptions
  #session: ImapClient | undefined

  constructor(options: GardenerOptions) {
    this.#options = options
  }

  /** Works until the signal; every end of a session is followed by a new one. */
  async run(): Promise<void> {
    while (!this.#options.signal.aborted) {
      try {
        await this.#round()
      } catch (error) {
        this.#session?.close()
        this.#session = undefined
        if (!(error instanceof AnswerLost) && !(error instanceof Refused)) throw error
        await pause(200)
      }
    }
    this.#session?.close()
  }

  async #round(): Promise<void> {
    const { port, account, password, ledger, dice } = this.#options
    this.#session ??= await ImapClient.login(port, account, password)
    const mailbox = dice.pick(boxes)
    const seen = await readMailbox(this.#session, account, mailbox, ledger)
    for (let n = 0; n < 6 && !this.#options.signal.aborted; n++) {
      await this.#work(this.#session, mailbox, dice.some(seen.filter(this.#isMine), 0.2))
    }
    await this.#append(this.#session, mailbox)
  }

  readonly #isMine = ({ token }: Seen): boolean => {
    const { share, ledger, account } = this.#options
    const number = Number(/-(\d+)-/.exec(token)?.[1] ?? 0)
    return number % share.of === share.rest && !ledger.item(account, token).isFrozen
  }

  async #work(session: ImapClient, mailbox: string, seen: readonly Seen[]): Promise<void> {
    const { ledger, account, dice } = this.#options
    const chosen = seen.filter(({ token }) => {
      const item = ledger.item(account, token)
      return !item.isFrozen && copiesIn(item, mailbox).min === 1
    })
    if (chosen.length === 0) return
    const uids = chosen.map(({ uid }) => uid).join(',')
    const items = chosen.map(({ token }) => ledger.item(account, token))
    const other = dice.pick(boxes.filter((name) => name !== mailbox))
    const task = dice.below(10)
    if (task < 5) return this.#flag(session, mailbox, uids, items)
    if (task < 7) return this.#expunge(session, mailbox, uids, items)
    if (task < 9) return this.#move(session, mailbox, other, chosen)
    return this.#copy(session, mailbox, other, chosen)
  }

  async #flag(
    session: ImapClient,
    mailbox: string,
    uids: string,
    items: readonly Item[],
  ): Promise<void> {
    const { dice } = this.#options
    const flag = dice.pick(flags)
    const isAdded = dice.below(2) === 0
    const silent = dice.below(2) === 0 ? '.SILENT' : ''
    const command = `UID STORE ${uids} ${isAdded ? '+' : '-'}FLAGS${silent} (${flag})`
    const isKnown = await this.#told(items, () => session.command(command))
    for (const item of items) {
      const place = copiesIn(item, mailbox)
      if (!isKnown) place.flags = undefined
      else if (place.flags !== undefined) place.flags = changed(place.flags, flag, isAdded)
    }
    if (!isKnown) throw new AnswerLost('STORE')
  }

  async #expunge(
    session: ImapClient,
    mailbox: string,
    uids: string,
    items: readonly Item[],
  ): Promise<void> {
    const isMarked = await this.#told(items, () =>
      session.command(`UID STORE ${uids} +FLAGS.SILENT (\\Deleted)`),
    )
    for (const item of items) {
      const place = copiesIn(item, mailbox)
      place.flags =
        isMarked && place.flags !== undefined ? changed(place.flags, '\\Deleted', true) : undefined
    }
    if (!isMarked) throw new AnswerLost('STORE')
    const isKnown = await this.#told(items, () => session.command(`UID EXPUNGE ${uids}`))
    for (const item of items) {
      const place = copiesIn(item, mailbox)
      place.min = 0
      if (isKnown) place.max = 0
    }
    if (!isKnown) throw new AnswerLost('EXPUNGE')
  }

  /** Only into a mailbox where the message is not yet, so that flags can be told apart. */
  async #copy(session: ImapClient, from: string, to: string, seen: readonly Seen[]): Promise<void> {
    const { items, uids } = this.#absentIn(seen, to)
    if (items.length === 0) return
    const isKnown = await this.#told(items, () => session.command(`UID COPY ${uids} ${to}`))
    for (const item of items) {
      const place = copiesIn(item, to)
      place.max = 1
      place.min = isKnown ? 1 : 0
      place.flags = isKnown ? copiesIn(item, from).flags : undefined
    }
    if (!isKnown) throw new AnswerLost('COPY')
  }

  async #move(session: ImapClient, from: string, to: string, seen: readonly Seen[]): Promise<void> {
    const { items, uids } = this.#absentIn(seen, to)
    if (items.length === 0) return
    const isKnown = await this.#told(items, () => session.command(`UID MOVE ${uids} ${to}`))
    for (const item of items) {
      const [source, target] = [copiesIn(item, from), copiesIn(item, to)]
      target.flags = isKnown ? source.flags : undefined
      target.max = 1
      target.min = isKnown ? 1 : 0
      source.min = 0
      if (isKnown) source.max = 0
      else item.either = [from, to]
    }
    if (!isKnown) throw new AnswerLost('MOVE')
  }

  async #append(session: ImapClient, mailbox: string): Promise<void> {
    const { account, ledger, dice } = this.#options
    const token = newToken('append')
    const octets = messageWith(token, account, account, dice.below(40))
    try {
      await ledger.during(() => session.command(`APPEND ${mailbox}`, octets))
      ledger.entered(account, token, mailbox, true)
    } catch (error) {
      if (!(error instanceof AnswerLost)) throw error
      ledger.unknown++
      ledger.entered(account, token, mailbox, false)
      throw error
    }
  }

  #absentIn(
    seen: readonly Seen[],
    mailbox: string,
  ): { readonly items: readonly Item[]; readonly uids: string } {
    const { ledger, account } = this.#options
    const chosen = seen.filter(
      ({ token }) => copiesIn(ledger.item(account, token), mailbox).max === 0,
    )
    const items = chosen.map(({ token }) => ledger.item(account, token))
    return { items, uids: chosen.map(({ uid }) => uid).join(',') }
  }

  /** True when the command was answered with OK. False: nobody knows, and its messages are frozen. */
  async #told(items: readonly Item[], work: () => Promise<unknown>): Promise<boolean> {
    const { ledger } = this.#options
    try {
      await ledger.during(work)
      return true
    } catch (error) {
      if (!(error instanceof AnswerLost)) throw error
      ledger.unknown++
      for (const item of items) item.isFrozen = true
      return false
    }
  }
}

function changed(set: ReadonlySet<string>, flag: string, isAdded: boolean): ReadonlySet<string> {
  const next = new Set(set)
  if (isAdded) next.add(flag)
  else next.delete(flag)
  return next
}
