import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startDaemon } from './daemon.ts'
import { findProgram, runProgram } from './run-program.ts'

/** An Exim of a test's own. */
export interface PrivateExim {
  /** The messages in the maildir of all its users. */
  delivered(): Promise<readonly string[]>
  /** What it logged. */
  log(): Promise<string>
  stop(): Promise<void>
}

/** What it is to do. */
export interface EximOptions {
  readonly address: string
  readonly port: number
  readonly hostname: string
  readonly domains: readonly string[]
  /** The DNS that it asks, on port 53. */
  readonly resolver: string
  /** Options of the main section. */
  readonly settings?: Readonly<Record<string, string>>
  /** Statements for each recipient before it is accepted, in Exim's language of ACLs. */
  readonly recipients?: string
  /** Users by name, and their passwords: they may send anywhere, and their mail is kept here. */
  readonly users?: Readonly<Record<string, string>>
  /** Domains that it sends to by a fixed route, and where that leads. */
  readonly route?: {
    readonly domains: readonly string[]
    readonly host: string
    readonly port: number
  }
}

/** Debian's package conflicts with Postfix's, and so it is unpacked here and not installed. */
const unpacked = fileURLToPath(
  new URL('../../../node_modules/.cache/posthouse-exim', import.meta.url),
)
const binary = path.join(unpacked, 'usr/sbin/exim4')
/** No user of the machine's: it has one in the files that only it sees. */
const uid = 39_001

/** False if Exim can run here, after it was fetched where that is possible; else why not. */
export async function noExim(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'exim runs as root only'
  const { code } = await runProgram('unshare', ['--mount', 'true']).catch(() => ({ code: 1 }))
  if (code !== 0) return 'exim needs files of its own in /etc, and nothing may be mounted here'
  return findProgram(binary) === undefined ? await fetchExim() : false
}

async function fetchExim(): Promise<string | false> {
  if (process.env['POSTHOUSE_TEST_APT'] === '0') return 'POSTHOUSE_TEST_APT=0 forbids fetching exim'
  await mkdir(path.dirname(unpacked), { recursive: true })
  const folder = await mkdtemp(`${unpacked}-`)
  const script =
    'apt-get download -q exim4-daemon-light && for each in *.deb; do dpkg -x "$each" .; done'
  const { code, stderr } = await runProgram('sh', ['-c', script], { cwd: folder })
  if (code === 0) await rename(folder, unpacked).catch(() => undefined)
  await rm(folder, { recursive: true, force: true })
  if (code !== 0) return `exim was not fetched: ${stderr.trim().split('\n').at(-1) ?? ''}`
  const { code: broken, stderr: why } = await runProgram('ldd', [binary])
  return broken === 0 ? false : `exim does not load: ${why}`
}

/** Starts it. */
export async function startExim(options: EximOptions): Promise<PrivateExim> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'exim-'))
  await chmod(folder, 0o755)
  for (const name of ['spool', 'log', 'mail']) {
    await mkdir(path.join(folder, name), { mode: 0o755 })
    await chown(path.join(folder, name), uid, uid)
  }
  await writeFile(path.join(folder, 'exim.conf'), eximConf(folder, options), { mode: 0o644 })
  const user = `Debian-exim:x:${uid}`
  await addLine('/etc/passwd', path.join(folder, 'passwd'), `${user}:${uid}::/:/usr/sbin/nologin`)
  await addLine('/etc/group', path.join(folder, 'group'), `${user}:`)
  await writeFile(path.join(folder, 'resolv.conf'), `nameserver ${options.resolver}\n`)
  const script = ['passwd', 'group', 'resolv.conf']
    .map((name) => `mount --bind ${name} /etc/${name} && `)
    .join('')
  const exim = `${script} exec ${binary} -C ${folder}/exim.conf -bdf -q1m`
  const log = (): Promise<string> => readFile(path.join(folder, 'log/main'), 'utf8').catch(() => '')
  const isUp = async (): Promise<boolean> => (await log()).includes('daemon started')
  const daemon = await startDaemon('unshare', ['--mount', 'sh', '-c', exim], folder, isUp)
  return {
    log,
    delivered: () => messagesIn(path.join(folder, 'mail/new')),
    stop: () => daemon.stop(),
  }
}

async function addLine(from: string, to: string, line: string): Promise<void> {
  await writeFile(to, `${await readFile(from, 'utf8')}${line}\n`, { mode: 0o644 })
}

/** Addresses `gone@` are accepted, and bounce afterwards. */
function routersOf({ route }: EximOptions): string {
  const gone = `gone:
  driver = redirect
  local_parts = gone
  data = :fail: has left us
  allow_fail
  no_verify
`
  if (route === undefined) return gone
  return `peer:
  driver = manualroute
  domains = ${route.domains.join(' : ')}
  route_list = * ${route.host}
  self = send
  transport = peer
  no_more
${gone}`
}

/** AUTH PLAIN, over TLS only. */
function authenticatorsOf({ users }: EximOptions): string {
  if (users === undefined) return ''
  const pairs = Object.entries(users).map(
    ([user, password]) => `{and{{eq{$auth2}{${user}}}{eq{$auth3}{${password}}}}}`,
  )
  return `begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if or{${pairs.join('')}}}
  server_set_id = $auth2
  server_advertise_condition = \${if def:tls_in_cipher}
`
}

function transportsOf({ route }: EximOptions): string {
  return route === undefined
    ? ''
    : `peer:\n  driver = smtp\n  port = ${route.port}\n  allow_localhost\n`
}

function eximConf(folder: string, options: EximOptions): string {
  const { address, port, hostname, domains, settings = {}, recipients = '' } = options
  const more = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  return `exim_path = ${binary}
exim_user = Debian-exim
exim_group = Debian-exim
primary_hostname = ${hostname}
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%s
notifier_socket =
keep_environment =
daemon_smtp_ports = ${port}
local_interfaces = ${address}
domainlist local_domains = ${domains.join(' : ')}
host_lookup =
rfc1413_query_timeout = 0s
never_users =
log_selector = +dkim +received_recipients +smtp_connection +tls_sni
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
acl_smtp_dkim = acl_dkim
${more.join('\n')}
begin acl
acl_rcpt:
  accept authenticated = *
${recipients}
  accept domains = +local_domains
  deny message = relay not permitted
acl_data:
  accept add_header = :at_start:\${authresults {${hostname}}}
acl_dkim:
  accept
begin routers
${routersOf(options)}all:
  driver = accept
  transport = box
begin transports
${transportsOf(options)}box:
  driver = appendfile
  directory = ${folder}/mail
  maildir_format
  envelope_to_add
  return_path_add
  user = Debian-exim
begin retry
* * F,1h,1m
${authenticatorsOf(options)}`
}

async function messagesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return Promise.all(names.map((name) => readFile(path.join(folder, name), 'latin1')))
}
