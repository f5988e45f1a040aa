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
import { eximConf, type EximOptions } from './outbound-exim-config.ts'
import { findProgram, runProgram } from './run-program.ts'

/** An Exim of a test's own. */
export interface PrivateExim {
  /** The messages in the maildir of all its users. */
  delivered(): Promise<readonly string[]>
  /** What it logged. */
  log(): Promise<string>
  stop(): Promise<void>
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
  const refusal = findProgram(binary) === undefined ? await fetchExim() : false
  return refusal || (await whatIsLost())
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
  return code === 0 ? false : `exim was not fetched: ${stderr.trim().split('\n').at(-1) ?? ''}`
}

/** Libraries of the package's dependencies. */
async function whatIsLost(): Promise<string | false> {
  const { stdout } = await runProgram('ldd', [binary])
  const lost = stdout.split('\n').filter((line) => line.includes('not found'))
  return lost.length === 0 ? false : `exim does not load: ${lost.join(', ')}`
}

/** Starts it. */
export async function startExim(options: EximOptions): Promise<PrivateExim> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'exim-'))
  await chmod(folder, 0o755)
  for (const name of ['spool', 'log', 'mail']) {
    await mkdir(path.join(folder, name), { mode: 0o755 })
    await chown(path.join(folder, name), uid, uid)
  }
  await writeFile(path.join(folder, 'exim.conf'), eximConf({ folder, binary }, options), {
    mode: 0o644,
  })
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

async function messagesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return Promise.all(names.map((name) => readFile(path.join(folder, name), 'latin1')))
}
