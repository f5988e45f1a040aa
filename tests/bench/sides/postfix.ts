import { execFile } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { greet, sendLoad } from '../clients/smtp-load.ts'
import { makeMessage } from '../mail.ts'
import { benchDomain, destinationDomain, destinationHost, type QueuePlan } from '../side.ts'
import { eventually, startServer, type ServerProcess } from './child.ts'
import { OpendkimServer } from './opendkim.ts'

const run = promisify(execFile)

/** Folders of a Postfix queue in which mail waits (postfix's qmgr(8)). */
const waitingFolders = ['maildrop', 'incoming', 'active', 'deferred']

/** A private Postfix on a loopback port that hands local mail to an LMTP server. */
export class PostfixServer {
  readonly #folder: string
  readonly #ports: { readonly smtp: number; readonly lmtp: number }
  readonly #milter: OpendkimServer
  #process: ServerProcess | undefined

  constructor(
    folder: string,
    ports: { readonly smtp: number; readonly lmtp: number; readonly milter: number },
  ) {
    this.#folder = folder
    this.#milter = new OpendkimServer(path.join(folder, 'opendkim'), ports.milter)
    this.#ports = ports
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Of the milter that signs, where one was wanted. */
  get milterPid(): number | undefined {
    return this.#milter.pid
  }

  async start(): Promise<void> {
    await this.#prepare()
    this.#process = startServer('/usr/sbin/postfix', ['-c', this.#folder, 'start-fg'], {
      logFile: path.join(this.#folder, 'postfix.out'),
    })
    await eventually(async () => {
      await greet(this.#ports.smtp)
      await run('/usr/sbin/postfix', ['-c', this.#folder, 'status'])
    })
  }

  async stop(): Promise<void> {
    await run('/usr/sbin/postfix', ['-c', this.#folder, 'stop']).catch(() => undefined)
    await this.#process?.stop()
    this.#process = undefined
    await this.#milter.stop()
  }

  /** Resolves when no message waits in any queue. */
  async settled(): Promise<void> {
    await eventually(async () => {
      const waiting = await this.#waiting()
      if (waiting > 0) throw new Error(`Postfix still has ${waiting} messages`)
    }, 300_000)
  }

  /** Queues the plan's messages and defers them until `release`. */
  async hold(plan: QueuePlan, sinkPort: number): Promise<void> {
    await this.#configure('defer_transports=smtp')
    if (plan.isSigned === true) await this.#milter.start()
    await this.#configure(`smtpd_milters=${plan.isSigned === true ? this.#milter.socket : ''}`)
    await writeFile(path.join(this.#folder, 'transport'), transportTable(plan, sinkPort))
    await run('/usr/sbin/postfix', ['-c', this.#folder, 'reload'])
    await sendLoad({
      port: this.#ports.smtp,
      connections: 20,
      messages: plan.messages,
      recipients: (n) => [`box${n}@${destinationDomain(n % plan.destinations)}`],
      octets: (n) => makeMessage(plan.shape, n),
    })
    await eventually(async () => {
      if ((await this.#filesIn('deferred')) < plan.messages) throw new Error('not all deferred')
    }, 120_000)
  }

  async release(): Promise<void> {
    await this.#configure('defer_transports=')
    await run('/usr/sbin/postfix', ['-c', this.#folder, 'reload'])
    await run('/usr/sbin/postqueue', ['-c', this.#folder, '-f'])
  }

  async #configure(setting: string): Promise<void> {
    await run('/usr/sbin/postconf', ['-c', this.#folder, '-e', setting])
  }

  async #waiting(): Promise<number> {
    const counts = await Promise.all(waitingFolders.map((name) => this.#filesIn(name)))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  async #filesIn(name: string): Promise<number> {
    const folder = path.join(this.#folder, 'queue', name)
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
    return entries.filter((entry) => entry.isFile()).length
  }

  async #prepare(): Promise<void> {
    await mkdir(path.join(this.#folder, 'queue'), { recursive: true })
    await mkdir(path.join(this.#folder, 'data'), { recursive: true })
    const { uid, gid } = await idsOf('postfix')
    await run('chown', [`${uid}:${gid}`, path.join(this.#folder, 'data')])
    await writeFile(path.join(this.#folder, 'transport'), '')
    await writeFile(path.join(this.#folder, 'main.cf'), this.#mainCf())
    await writeFile(path.join(this.#folder, 'master.cf'), this.#masterCf())
  }

  #mainCf(): string {
    return `compatibility_level = 3.6
queue_directory = ${this.#folder}/queue
data_directory = ${this.#folder}/data
maillog_file_prefixes = ${this.#folder}
maillog_file = ${this.#folder}/postfix.log
myhostname = mail.${benchDomain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
virtual_mailbox_domains = ${benchDomain}
virtual_mailbox_maps = static:ok
virtual_transport = lmtp:inet:127.0.0.1:${this.#ports.lmtp}
transport_maps = texthash:${this.#folder}/transport
`
  }

  #masterCf(): string {
    return `127.0.0.1:${this.#ports.smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`
  }
}

function transportTable(plan: QueuePlan, sinkPort: number): string {
  const rows = Array.from(
    { length: plan.destinations },
    (_, n) => `${destinationDomain(n)} smtp:[${destinationHost(n)}]:${sinkPort}\n`,
  )
  return rows.join('')
}

async function idsOf(user: string): Promise<{ readonly uid: string; readonly gid: string }> {
  const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])])
  return { uid: uid.stdout.trim(), gid: gid.stdout.trim() }
}
