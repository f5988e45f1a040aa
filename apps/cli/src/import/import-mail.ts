import { setTimeout as pause } from 'node:timers/promises'
import { computeFacts } from '@posthouse/message'
import type { AccountId, MailboxId, Store } from '@posthouse/store'
import { batchesOf, withoutKnown } from './batches.ts'
import type { FolderPlan } from './folder-plan.ts'
import {
  SourceLost,
  type ImapSource,
  type SourceContent,
  type SourceMessage,
} from './imap-source.ts'

/** A message that was left where it is, and why. */
export interface LeftMessage {
  readonly folder: string
  readonly uid: number
  readonly because: string
}

/** What came of a folder. */
export interface FolderResult {
  readonly folder: string
  readonly target: string
  /** Messages there. */
  readonly messages: number
  /** That came now. */
  readonly added: number
  /** That had come before. */
  readonly here: number
  readonly left: readonly LeftMessage[]
}

/** What an import needs. */
export interface ImportContext {
  readonly store: Pick<Store, 'imports' | 'mailboxes'>
  readonly account: AccountId
  /** `user@host:port`. */
  readonly source: string
  /** Opens a session; called again where one breaks. */
  readonly connect: () => Promise<ImapSource>
  /** Larger messages are left. */
  readonly messageBytes: number
  /** Asked to stop: what is under way is finished. */
  readonly signal: AbortSignal
  /** Called often: of a folder's messages so many are done. */
  readonly told: (folder: string, done: number, of: number) => void
}

type Planned = Extract<FolderPlan, { readonly target: string }>

/** The account's limit is reached: nothing more fits. */
export class AccountFull extends Error {
  override readonly name = 'AccountFull'
}

/** Brings folders over, one after another; over new connections where one breaks. */
export class MailImport {
  readonly #context: ImportContext
  #session: ImapSource | undefined

  constructor(context: ImportContext) {
    this.#context = context
  }

  /**
   * Brings over what of a folder is not here yet.
   *
   * @throws SourceLost where the server cannot be reached for long, AccountFull, StoreUnavailable
   */
  async folder(plan: Planned, isDryRun: boolean): Promise<FolderResult> {
    let failures = 0
    let added = 0
    for (;;) {
      try {
        const result = await this.#attempt(plan, isDryRun, (count) => {
          added += count
          failures = 0
        })
        return {
          ...result,
          added: isDryRun ? result.added : added,
          here: result.here - (isDryRun ? 0 : added),
        }
      } catch (error) {
        if (!(error instanceof SourceLost) || ++failures > mostFailures) throw error
        await this.close()
        await pause(firstPauseMs * 2 ** (failures - 1), undefined, { signal: this.#context.signal })
      }
    }
  }

  /** Ends the session. */
  async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.close()
  }

  /** `here` counts what is here at the end, that of this attempt included. */
  async #attempt(
    { folder, target, use }: Planned,
    isDryRun: boolean,
    came: (count: number) => void,
  ): Promise<FolderResult> {
    const { store, account, source, signal, told } = this.#context
    const session = (this.#session ??= await this.#context.connect())
    const { uidValidity, messages } = await session.open(folder.path)
    const mailbox = await this.#mailbox(target, use, folder.isSubscribed, isDryRun)
    const from = { source, folder: folder.path, uidValidity }
    const known = mailbox === undefined ? [] : await store.imports.known(account, mailbox, from)
    const missing = withoutKnown(messages, known)
    const { fitting, left } = this.#sorted(folder.path, missing)
    const before = messages.length - missing.length
    const result = { folder: folder.path, target, messages: messages.length, left }
    if (isDryRun || mailbox === undefined) {
      return { ...result, added: fitting.length, here: before }
    }
    let done = before
    let reading: Promise<readonly SourceContent[]> | undefined
    const batches = batchesOf(fitting)
    for (const [i, batch] of batches.entries()) {
      if (signal.aborted) break
      const contents = await (reading ?? session.read(batch))
      const next = batches[i + 1]
      reading = next === undefined ? undefined : session.read(next)
      // Looked at in the next round, or never.
      reading?.catch(() => undefined)
      const count = await this.#keep(mailbox, from, contents, left)
      came(count)
      done += count
      told(folder.path, done, messages.length)
    }
    return { ...result, added: 0, here: done }
  }

  async #mailbox(
    name: string,
    specialUse: Planned['use'],
    isSubscribed: boolean,
    isDryRun: boolean,
  ): Promise<MailboxId | undefined> {
    const mailboxes = this.#context.store.mailboxes(this.#context.account)
    const found = await mailboxes.find(name)
    if (found !== undefined || isDryRun) return found?.id
    let made = await mailboxes.create(name, specialUse === undefined ? {} : { specialUse })
    if (!made.ok && made.reason === 'special-use') made = await mailboxes.create(name)
    if (!made.ok) throw new Error(`The mailbox ${name} cannot be made: ${made.reason}`)
    if (isSubscribed) await mailboxes.subscribe(name)
    return made.mailbox.id
  }

  /** What can be brought over, and what cannot: the list of `left` grows later. */
  #sorted(folder: string, messages: readonly SourceMessage[]) {
    const { messageBytes } = this.#context
    const left: LeftMessage[] = []
    const fitting = messages.filter(({ uid, size }) => {
      if (size > messageBytes) {
        left.push({ folder, uid, because: `it is larger than ${messageBytes} octets` })
      }
      return size <= messageBytes
    })
    return { fitting, left }
  }

  async #keep(
    mailbox: MailboxId,
    from: { readonly source: string; readonly folder: string; readonly uidValidity: number },
    contents: readonly SourceContent[],
    left: LeftMessage[],
  ): Promise<number> {
    const { store, account } = this.#context
    const kept = contents.filter(({ uid, octets }) => {
      const because = faultOf(octets)
      if (because !== undefined) left.push({ folder: from.folder, uid, because })
      return because === undefined
    })
    const requests = kept.map(({ uid, octets, flags, receivedAt }) => ({
      sourceUid: uid,
      octets,
      facts: computeFacts(octets),
      flags,
      ...(receivedAt === undefined ? {} : { receivedAt }),
    }))
    if (requests.length === 0) return 0
    let result = await store.imports.append(account, mailbox, from, requests)
    if (!result.ok && result.reason === 'limit') {
      // Too many different keywords: the mail comes without.
      const plain = requests.map((one) => ({ ...one, flags: one.flags.filter(isSystemFlag) }))
      result = await store.imports.append(account, mailbox, from, plain)
    }
    if (result.ok) return requests.length
    if (result.reason === 'quota') throw new AccountFull('The account is full')
    throw new Error(`Messages cannot be kept: ${result.reason}`)
  }
}

function faultOf(octets: Buffer): string | undefined {
  if (octets.length === 0) return 'it is empty'
  return octets.includes(0) ? 'it holds a NUL octet, which no client could read' : undefined
}

function isSystemFlag(flag: string): boolean {
  return flag.startsWith('\\')
}

const mostFailures = 6
const firstPauseMs = 1_000
