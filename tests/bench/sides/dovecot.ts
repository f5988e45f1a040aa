import { chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ImapLoad } from '../clients/imap-load.ts'
import { makeMessage } from '../mail.ts'
import { benchPassword, type MailboxPlan } from '../side.ts'
import { eventually, startServer, type ServerProcess } from './child.ts'
import { Marks } from './marks.ts'

/** `nobody` and `nogroup` of Debian: who the private Dovecot keeps mail as. */
const mailUser = 65_534

/** Messages in one MULTIAPPEND while a mailbox is built. */
const appendBatch = 250

/** Mailbox formats that Dovecot is measured with. */
export type DovecotFormat = 'sdbox' | 'maildir'

/** A private Dovecot with IMAP, POP3 and LMTP on loopback, as shipped otherwise. */
export class DovecotServer {
  readonly #folder: string
  readonly #format: DovecotFormat
  readonly #ports: { readonly imap: number; readonly pop3: number; readonly lmtp: number }
  readonly #marks: Marks
  #process: ServerProcess | undefined

  constructor(
    folder: string,
    format: DovecotFormat,
    ports: { readonly imap: number; readonly pop3: number; readonly lmtp: number },
  ) {
    this.#folder = folder
    this.#format = format
    this.#ports = ports
    this.#marks = new Marks(path.join(folder, 'marks.json'))
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  async start(): Promise<void> {
    await mkdir(path.join(this.#folder, 'mail'), { recursive: true })
    await chown(path.join(this.#folder, 'mail'), mailUser, mailUser)
    const file = path.join(this.#folder, 'dovecot.conf')
    await writeFile(file, this.#configuration())
    this.#process = startServer('/usr/sbin/dovecot', ['-F', '-c', file], {
      logFile: path.join(this.#folder, 'dovecot.out'),
    })
    await eventually(async () => (await ImapLoad.login(this.#ports.imap, 0)).close())
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
    this.#process = undefined
  }

  async fill(plan: MailboxPlan): Promise<void> {
    if (await this.#marks.has(`user${plan.user}`, plan)) return
    await rm(this.#home(plan), { recursive: true, force: true })
    const session = await ImapLoad.login(this.#ports.imap, plan.user)
    for (let n = 0; n < plan.messages; n += appendBatch) {
      const count = Math.min(appendBatch, plan.messages - n)
      await session.append(Array.from({ length: count }, (_, i) => makeMessage(plan.shape, n + i)))
    }
    session.close()
    await this.#marks.set(`user${plan.user}`, plan)
  }

  /** Its cache of envelopes and header fields goes; its index of flags and sizes is not a cache and stays. */
  async forget(plan: MailboxPlan): Promise<void> {
    const names = await readdir(this.#home(plan), { recursive: true }).catch(() => [])
    for (const name of names) {
      if (name.endsWith('dovecot.index.cache')) await rm(path.join(this.#home(plan), name))
    }
  }

  #home(plan: MailboxPlan): string {
    return path.join(this.#folder, 'mail', `user${plan.user}`)
  }

  #configuration(): string {
    const { imap, pop3, lmtp } = this.#ports
    const place = this.#format === 'sdbox' ? 'sdbox:~/sdbox' : 'maildir:~/Maildir'
    return `base_dir = ${this.#folder}/run
state_dir = ${this.#folder}/state
log_path = ${this.#folder}/dovecot.log
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = ${place}
first_valid_uid = 1
mail_max_userip_connections = 3000
passdb {
  driver = static
  args = password=${benchPassword}
}
userdb {
  driver = static
  args = uid=${mailUser} gid=${mailUser} home=${this.#folder}/mail/%n allow_all_users=yes
}
namespace inbox {
  inbox = yes
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = 0
  }
}
service imap {
  process_limit = 3000
}
service lmtp {
  inet_listener lmtp {
    port = ${lmtp}
  }
}
`
  }
}
