import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { benchFolder } from '../folders.ts'
import type { MailboxPlan, QueueSide, Side, SidePorts } from '../side.ts'
import { DovecotServer, type DovecotFormat } from './dovecot.ts'
import { PostfixServer } from './postfix.ts'

const run = promisify(execFile)

/** Debian packages that this side is made of. */
export const postfixDovecotPackages = [
  'postfix',
  'opendkim',
  'dovecot-imapd',
  'dovecot-pop3d',
  'dovecot-lmtpd',
]

const firstPort = { sdbox: 14_000, maildir: 15_000 } as const

/** Postfix that delivers over LMTP to Dovecot, with sdbox or Maildir. */
export class PostfixDovecotSide implements Side {
  readonly name: string
  readonly ports: SidePorts
  readonly queue: QueueSide
  readonly #folder: string
  readonly #postfix: PostfixServer
  readonly #dovecot: DovecotServer

  constructor(format: DovecotFormat) {
    this.name = format === 'sdbox' ? 'postfix-dovecot' : 'postfix-dovecot-maildir'
    this.#folder = path.join(benchFolder, this.name)
    const base = firstPort[format]
    this.ports = { smtp: base + 25, imap: base + 143, pop3: base + 110 }
    const lmtp = base + 24
    this.#postfix = new PostfixServer(path.join(this.#folder, 'postfix'), {
      smtp: this.ports.smtp,
      lmtp,
      milter: base + 23,
    })
    this.#dovecot = new DovecotServer(path.join(this.#folder, 'dovecot'), format, {
      imap: this.ports.imap,
      pop3: this.ports.pop3,
      lmtp,
    })
    this.queue = {
      hold: (plan, sinkPort) => this.#postfix.hold(plan, sinkPort),
      release: () => this.#postfix.release(),
    }
  }

  /** Any address of the domain is an account of its own. */
  async start(): Promise<void> {
    if (this.roots().length > 0) return
    await mkdir(path.join(this.#folder, 'dovecot'), { recursive: true })
    await this.#dovecot.start()
    await this.#postfix.start()
  }

  async stop(): Promise<void> {
    await this.#postfix.stop()
    await this.#dovecot.stop()
  }

  roots(): readonly number[] {
    return [this.#postfix.pid, this.#postfix.milterPid, this.#dovecot.pid].filter(
      (pid) => pid !== undefined,
    )
  }

  fill(plan: MailboxPlan): Promise<void> {
    return this.#dovecot.fill(plan)
  }

  forget(plan: MailboxPlan): Promise<void> {
    return this.#dovecot.forget(plan)
  }

  settled(): Promise<void> {
    return this.#postfix.settled()
  }

  /** What the packages say of themselves, the core of Dovecot included. */
  async installedBytes(): Promise<number> {
    const names = [...postfixDovecotPackages, 'dovecot-core']
    const { stdout } = await run('dpkg-query', ['-W', '-f=${Installed-Size}\n', ...names])
    return stdout
      .trim()
      .split('\n')
      .reduce((sum, kib) => sum + Number(kib) * 1024, 0)
  }
}
