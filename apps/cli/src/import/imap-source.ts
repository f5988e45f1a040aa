import { ImapFlow, type FetchMessageObject } from 'imapflow'
import type { SourceFolder } from './folder-plan.ts'

/** How to reach the other server. */
export interface SourceOptions {
  readonly host: string
  readonly port: number
  /** `tls` from the first octet; `starttls`, never without it; `none` in the clear. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly user: string
  readonly password: string
  /** Certificates of other authorities are taken, too. */
  readonly isUnverified: boolean
}

/** A message there, without its octets. */
export interface SourceMessage {
  readonly uid: number
  readonly size: number
}

/** A message there, with everything that is kept. */
export interface SourceContent {
  readonly uid: number
  readonly octets: Buffer
  readonly flags: readonly string[]
  /** INTERNALDATE; undefined where the server tells none. */
  readonly receivedAt: Date | undefined
}

/** The connection broke, or the server ended it: it is tried again. */
export class SourceLost extends Error {
  override readonly name = 'SourceLost'
}

/** A signed-in session with the other server: reads, and changes nothing there (EXAMINE, BODY.PEEK). */
export class ImapSource {
  readonly #client: ImapFlow

  private constructor(client: ImapFlow) {
    this.#client = client
  }

  /** @throws SourceLost; the error of imapflow, with `authenticationFailed`, where the password is wrong */
  static async connect(options: SourceOptions): Promise<ImapSource> {
    const { host, port, security, user, password, isUnverified } = options
    const client = new ImapFlow({
      host,
      port,
      secure: security === 'tls',
      doSTARTTLS: security === 'starttls',
      auth: { user, pass: password },
      tls: { rejectUnauthorized: !isUnverified },
      logger: false,
      disableAutoIdle: true,
      clientInfo: { name: 'Posthouse', vendor: 'import' },
      // A folder of a million messages takes its time to list.
      socketTimeout: 15 * 60_000,
      maxLockHoldTime: false,
    })
    // An error without a listener ends the process; whoever waits for an answer hears of it.
    client.on('error', () => undefined)
    await told(client, () => client.connect())
    return new ImapSource(client)
  }

  /** All folders of the user. */
  async folders(): Promise<readonly SourceFolder[]> {
    const listed = await told(this.#client, () => this.#client.list())
    return listed.map(({ path, delimiter, specialUse, subscribed, flags }) => ({
      path,
      delimiter,
      specialUse,
      isSubscribed: subscribed,
      isSelectable: !flags.has('\\Noselect') && !flags.has('\\NonExistent'),
    }))
  }

  /** Opens a folder for reading: its UIDVALIDITY, and what is in it. */
  async open(
    path: string,
  ): Promise<{ readonly uidValidity: number; readonly messages: readonly SourceMessage[] }> {
    return await told(this.#client, async () => {
      const { uidValidity, exists } = await this.#client.mailboxOpen(path, { readOnly: true })
      const messages: SourceMessage[] = []
      if (exists > 0) {
        for await (const { uid, size } of this.#client.fetch('1:*', { uid: true, size: true })) {
          messages.push({ uid, size: size ?? 0 })
        }
      }
      return { uidValidity: Number(uidValidity), messages }
    })
  }

  /** Messages of the folder that is open. Those that were expunged meanwhile are missing. */
  async read(uids: readonly number[]): Promise<readonly SourceContent[]> {
    return await told(this.#client, async () => {
      const query = { uid: true, flags: true, internalDate: true, source: true } as const
      const contents: SourceContent[] = []
      for await (const message of this.#client.fetch(uids.join(','), query, { uid: true })) {
        const content = contentOf(message)
        if (content !== undefined) contents.push(content)
      }
      return contents
    })
  }

  /** Ends the session. */
  async close(): Promise<void> {
    if (!this.#client.usable) return this.#client.close()
    await this.#client.logout().catch(() => undefined)
  }
}

function contentOf(message: FetchMessageObject): SourceContent | undefined {
  const { uid, source, flags, internalDate } = message
  if (source === undefined) return undefined
  const receivedAt = internalDate === undefined ? undefined : new Date(internalDate)
  return {
    uid,
    octets: Buffer.isBuffer(source) ? source : Buffer.from(source),
    flags: [...(flags ?? [])].filter(isKept),
    receivedAt:
      receivedAt === undefined || Number.isNaN(receivedAt.getTime()) ? undefined : receivedAt,
  }
}

/** Flags that a client can set, and keywords that are atoms (RFC 3501 §2.3.2, §9). */
function isKept(flag: string): boolean {
  if (flag.startsWith('\\')) return /^\\(?:Seen|Answered|Flagged|Deleted|Draft)$/i.test(flag)
  // oxlint-disable-next-line no-control-regex -- what no atom may hold
  return /^[^\u0000- "%()*\\\]{\u007f-\uffff]{1,200}$/.test(flag)
}

/** Work with the server; what means that the connection is gone is thrown as such. */
async function told<T>(client: ImapFlow, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isAnswer =
      error instanceof Error && ('responseStatus' in error || 'authenticationFailed' in error)
    if (isAnswer && client.usable) throw error
    if (isAnswer && Reflect.get(error, 'authenticationFailed') === true) throw error
    const because = error instanceof Error ? error.message : String(error)
    throw new SourceLost(because, { cause: error })
  }
}
