import { execFile } from 'node:child_process'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { greet } from '../clients/smtp-load.ts'
import { folderBytes } from '../folder-bytes.ts'
import { benchFolder } from '../folders.ts'
import { benchDomain, type MailboxPlan, type Side, type SidePorts } from '../side.ts'
import { eventually, startServer, type ServerProcess } from './child.ts'
import { DovecotServer } from './dovecot.ts'

const run = promisify(execFile)

/** Versions that can be installed together. */
const manifest = {
  private: true,
  dependencies: { Haraka: '3.3.4' },
  overrides: { '@zone-eu/mailsplit': '5.4.19', 'encoding-japanese': '2.4.0', libqp: '2.1.2' },
}

/** Haraka that delivers over LMTP to Dovecot with sdbox. */
export class HarakaSide implements Side {
  readonly name = 'haraka'
  readonly ports: SidePorts = { smtp: 16_025, imap: 16_143, pop3: 16_110 }
  readonly #folder = path.join(benchFolder, 'haraka')
  readonly #lmtp = 16_024
  readonly #dovecot = new DovecotServer(path.join(this.#folder, 'dovecot'), 'sdbox', {
    ...this.ports,
    lmtp: this.#lmtp,
  })
  #process: ServerProcess | undefined

  async start(): Promise<void> {
    if (this.#process !== undefined) return
    await mkdir(path.join(this.#folder, 'dovecot'), { recursive: true })
    await this.#install()
    await this.#dovecot.start()
    const home = path.join(this.#folder, 'instance')
    await this.#configure(home)
    const program = path.join(this.#folder, 'node_modules/Haraka/bin/haraka')
    this.#process = startServer(process.execPath, [program, '-c', home], {
      logFile: path.join(this.#folder, 'haraka.out'),
      cwd: this.#folder,
    })
    await eventually(() => greet(this.ports.smtp))
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
    this.#process = undefined
    await this.#dovecot.stop()
  }

  roots(): readonly number[] {
    return [this.#process?.pid, this.#dovecot.pid].filter((pid) => pid !== undefined)
  }

  fill(plan: MailboxPlan): Promise<void> {
    return this.#dovecot.fill(plan)
  }

  forget(plan: MailboxPlan): Promise<void> {
    return this.#dovecot.forget(plan)
  }

  /** Its queue folder is empty when all has gone on over LMTP. */
  async settled(): Promise<void> {
    await eventually(async () => {
      const waiting = await readdir(path.join(this.#folder, 'instance/queue')).catch(() => [])
      if (waiting.length > 0) throw new Error(`Haraka still has ${waiting.length} messages`)
    }, 300_000)
  }

  installedBytes(): Promise<number> {
    return folderBytes(path.join(this.#folder, 'node_modules'))
  }

  async #install(): Promise<void> {
    await writeFile(path.join(this.#folder, 'package.json'), JSON.stringify(manifest))
    const isThere = await readdir(path.join(this.#folder, 'node_modules/Haraka')).catch(() => [])
    if (isThere.length > 0) return
    await run('npm', ['install', '--no-audit', '--no-fund', '--omit=optional'], {
      cwd: this.#folder,
      timeout: 300_000,
    })
  }

  async #configure(home: string): Promise<void> {
    const config = path.join(home, 'config')
    const program = path.join(this.#folder, 'node_modules/Haraka/bin/haraka')
    await rm(home, { recursive: true, force: true })
    await run(process.execPath, [program, '-i', home])
    await mkdir(path.join(home, 'queue'), { recursive: true })
    const files: Readonly<Record<string, string>> = {
      'smtp.ini': `listen=127.0.0.1:${this.ports.smtp}\nnodes=2\n`,
      plugins: 'rcpt_to.in_host_list\nqueue/lmtp\n',
      host_list: `${benchDomain}\n`,
      'lmtp.ini': `host=127.0.0.1\nport=${this.#lmtp}\n`,
      me: `mail.${benchDomain}\n`,
      'log.ini': '[main]\nlevel=notice\nformat=default\n',
      'outbound.ini': 'concurrency_max=100\n',
    }
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(config, name), text)
  }
}
