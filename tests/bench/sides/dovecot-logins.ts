import { chown, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { localCertificate } from '@posthouse/local-ca'
import { hash } from '@node-rs/argon2'
import { ImapLoad } from '../clients/imap-load.ts'
import { benchFolder } from '../folders.ts'
import { benchPassword, userAddress, type Side, type SidePorts } from '../side.ts'
import { eventually, startServer, type ServerProcess } from './child.ts'

/** `nobody` of Debian: who the private Dovecot keeps mail as. */
const mailUser = 65_534

/** Posthouse's own cost (packages/store): both sides hash alike. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }

const firstPort = { shipped: 17_143, tuned: 17_243 } as const

/** What its manual advises for many users: few login processes that stay, mail processes that are used again, hibernation. */
const tuning = `
imap_hibernate_timeout = 5s
service imap-login {
  service_count = 0
  process_min_avail = 2
  client_limit = 4000
  vsz_limit = 1G
}
service imap {
  service_count = 1000
  process_min_avail = 8
  unix_listener imap-master {
    user = $default_internal_user
  }
}
service imap-hibernate {
  client_limit = 4000
  unix_listener imap-hibernate {
    mode = 0666
  }
}
`

/** The peers of those measures: none where none was asked for. */
export function dovecotsForLogins(asked: readonly Side[]): readonly Side[] {
  return asked.length === 0 ? [] : [new DovecotLoginSide('shipped'), new DovecotLoginSide('tuned')]
}

/**
 * A private Dovecot for the measures of signing in and idling: accounts with argon2id passwords, TLS, its cache of
 * authentications on; as shipped otherwise, or tuned.
 */
export class DovecotLoginSide implements Side {
  readonly name: string
  readonly ports: SidePorts
  readonly #how: 'shipped' | 'tuned'
  readonly #folder: string
  #process: ServerProcess | undefined

  constructor(how: 'shipped' | 'tuned') {
    this.#how = how
    this.name = `dovecot-${how}`
    this.#folder = path.join(benchFolder, this.name)
    const imap = firstPort[how]
    this.ports = { smtp: 0, pop3: 0, imap, imaps: imap + 1 }
  }

  async start(accounts: number): Promise<void> {
    if (this.#process !== undefined) return
    const mail = path.join(this.#folder, 'mail')
    await mkdir(mail, { recursive: true })
    await chown(mail, mailUser, mailUser)
    await this.#writeTls()
    await this.#writePasswords(accounts)
    const file = path.join(this.#folder, 'dovecot.conf')
    await writeFile(file, this.#configuration())
    this.#process = startServer('/usr/sbin/dovecot', ['-F', '-c', file], {
      logFile: path.join(this.#folder, 'dovecot.out'),
    })
    await eventually(async () => (await ImapLoad.login(this.ports.imap, 0)).close())
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
    this.#process = undefined
  }

  roots(): readonly number[] {
    return this.#process === undefined ? [] : [this.#process.pid]
  }

  async fill(): Promise<void> {
    throw new Error('the measures of signing in use empty mailboxes')
  }

  async forget(): Promise<void> {}

  async settled(): Promise<void> {}

  async installedBytes(): Promise<number> {
    return 0
  }

  async #writeTls(): Promise<void> {
    const { cert, key } = await localCertificate(path.join(this.#folder, 'tls'), ['localhost'])
    await writeFile(path.join(this.#folder, 'cert.pem'), cert)
    await writeFile(path.join(this.#folder, 'key.pem'), key, { mode: 0o600 })
  }

  /** All have the same password: one hash is as good as a thousand. */
  async #writePasswords(accounts: number): Promise<void> {
    const kept = await hash(benchPassword, cost)
    const lines = Array.from({ length: accounts }, (_, n) => `${userAddress(n)}:{ARGON2ID}${kept}`)
    await writeFile(path.join(this.#folder, 'passwd'), `${lines.join('\n')}\n`)
  }

  #configuration(): string {
    const folder = this.#folder
    return `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
disable_plaintext_auth = no
mail_location = sdbox:~/sdbox
first_valid_uid = 1
mail_max_userip_connections = 3000
auth_cache_size = 10 M
passdb {
  driver = passwd-file
  args = username_format=%u ${folder}/passwd
}
userdb {
  driver = static
  args = uid=${mailUser} gid=${mailUser} home=${folder}/mail/%n allow_all_users=yes
}
namespace inbox {
  inbox = yes
}
service imap-login {
  process_limit = 3000
  inet_listener imap {
    port = ${this.ports.imap}
  }
  inet_listener imaps {
    port = ${this.ports.imaps}
    ssl = yes
  }
}
service imap {
  process_limit = 3000
}
service auth {
  client_limit = 10000
}
service anvil {
  client_limit = 10000
}
${this.#how === 'tuned' ? tuning : ''}`
  }
}
