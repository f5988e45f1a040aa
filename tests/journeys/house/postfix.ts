import { mkdir, mkdtemp, readdir, readFile, rm, writeFile, chmod } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { absent, findProgram, runProgram } from './run-program.ts'

/** A Postfix of a test's own: private configuration and queue, a high port, nothing of the machine's mail system. */
export interface PrivatePostfix {
  readonly port: number
  /** The messages in the maildir of all its users. */
  delivered(): Promise<readonly string[]>
  /** What it logged. */
  log(): Promise<string>
  stop(): Promise<void>
}

/** What it is to do. */
export interface PostfixOptions {
  /** Where it takes mail. */
  readonly port: number
  /** Its addresses, each with parameters of its own, as `-o` of master.cf has them. Absent: 127.0.0.1. */
  readonly hosts?: readonly PostfixHost[]
  /** It keeps mail for all addresses of these, as far as `settings` do not refuse them. */
  readonly domains: readonly string[]
  /** Lines of main.cf. */
  readonly settings?: Readonly<Record<string, string>>
}

/** One address on which it listens. */
export interface PostfixHost {
  readonly address: string
  readonly settings?: Readonly<Record<string, string>>
}

/** False if a private Postfix can run here, else why not. */
export function noPostfix(): string | false {
  if (process.getuid?.() !== 0) return 'postfix runs as root only'
  return absent('postfix')
}

/** Starts it. */
export async function startPostfix(options: PostfixOptions): Promise<PrivatePostfix> {
  const { port } = options
  const folder = await mkdtemp(path.join(os.tmpdir(), 'postfix-'))
  await chmod(folder, 0o755)
  for (const name of ['etc', 'queue', 'data', 'mail'])
    await mkdir(path.join(folder, name), { mode: 0o755 })
  await run('chown', ['postfix', path.join(folder, 'data')])
  await run('chown', ['nobody', path.join(folder, 'mail')])
  await writeFile(path.join(folder, 'etc/main.cf'), await mainCf(folder, options))
  await writeFile(path.join(folder, 'etc/master.cf'), masterCf(options))
  const etc = path.join(folder, 'etc')
  const log = (): Promise<string> => readFile(path.join(folder, 'log'), 'utf8').catch(() => '')
  const remove = (): Promise<void> =>
    rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  const { code } = await runProgram(postfixFile(), ['-c', etc, 'start'])
  if (code !== 0) {
    const words = await log()
    await remove()
    throw new Error(`postfix does not start: ${words}`)
  }
  return {
    port,
    delivered: () => messagesIn(path.join(folder, 'mail/box/new')),
    log,
    async stop() {
      // Not `stop`, after which idle children stay for seconds.
      await runProgram(postfixFile(), ['-c', etc, 'abort'])
      await remove()
    },
  }
}

function postfixFile(): string {
  return findProgram('postfix') ?? 'postfix'
}

async function run(file: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(file, args)
  if (code !== 0) throw new Error(`${file} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

async function mainCf(folder: string, options: PostfixOptions): Promise<string> {
  const { domains, settings = {} } = options
  const [uid = '', gid = ''] = (await run('sh', ['-c', 'id -u nobody; id -g nobody'])).split('\n')
  return `compatibility_level = 3.6
config_directory = ${folder}/etc
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
multi_instance_enable = no
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.${domains[0] ?? 'invalid'}
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
smtputf8_enable = no
virtual_mailbox_domains = ${domains.join(' ')}
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:${uid}
virtual_gid_maps = static:${gid}
virtual_minimum_uid = 1
smtpd_tls_security_level = none
notify_classes =
${linesOf(settings).join('\n')}
`
}

function linesOf(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
}

function masterCf({ port, hosts = [{ address: '127.0.0.1' }] }: PostfixOptions): string {
  const listeners = hosts.map(({ address, settings = {} }) =>
    [
      `${address}:${port} inet n - n - - smtpd`,
      ...linesOf(settings).map((line) => `  -o { ${line} }`),
    ].join('\n'),
  )
  return `${listeners.join('\n')}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
`
}

async function messagesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return Promise.all(names.map((name) => readFile(path.join(folder, name), 'latin1')))
}
