import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { access, readFile, writeFile } from 'node:fs/promises'

/** Debian packages of real clients and neighbours, which the journeys use. */
const packages = [
  'ca-certificates',
  'chromium',
  'clamav-daemon',
  'curl',
  'fetchmail',
  'getmail6',
  'isync',
  'knot',
  'mpop',
  'msmtp',
  'mutt',
  'neomutt',
  'offlineimap3',
  'opendkim',
  'opendkim-tools',
  'openssl',
  'pebble',
  'php-cli',
  'postfix',
  'postgresql-15',
  'postsrsd',
  'prometheus',
  'python3-dkim',
  'roundcube-core',
  'roundcube-sqlite3',
  'rspamd',
  's-nail',
  'spamd',
  'spf-tools-perl',
  'swaks',
  'systemd',
  'thunderbird',
  'unbound',
  'libgnutls-dane0',
  'libidn12',
  'libnsl2',
  'libnet-ssleay-perl',
  'libio-socket-ssl-perl',
  'python3',
] as const

/** What is not there after all, and why. */
export interface Missing {
  readonly name: string
  readonly because: string
  /** It could have been installed: in CI that is a failure. */
  readonly isInstallable: boolean
}

const policyFile = '/usr/sbin/policy-rc.d'
const clusterFile = '/etc/postgresql-common/createcluster.conf'
const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' }

/** Installs what the journeys need: see `installPackages`. */
export function installPrograms(say: (line: string) => void): Promise<readonly Missing[]> {
  return installPackages(packages, say)
}

/**
 * Installs the absent ones of some Debian packages through apt, as root only. Starts no service, removes nothing,
 * configures no mail system of the machine.
 * @param say prints a line
 */
export async function installPackages(
  names: readonly string[],
  say: (line: string) => void,
): Promise<readonly Missing[]> {
  const absent = await absentOf(names)
  if (absent.length === 0) return []
  const refusal = await whyNot()
  if (refusal !== undefined) return absent.map((name) => missing(name, refusal, false))
  if ((await candidatesOf(absent)).length < absent.length) {
    say('apt: reading the package lists')
    await run('apt-get', ['update', '-q'])
  }
  const candidates = await candidatesOf(absent)
  say(`apt: installing ${candidates.join(' ')}`)
  const failures = await withoutServices(() => installAll(candidates))
  const still = await absentOf(absent)
  return still.map(
    (name) => failures.get(name) ?? missing(name, 'this Debian has no such package', false),
  )
}

async function whyNot(): Promise<string | undefined> {
  if (process.env['POSTHOUSE_TEST_APT'] === '0') return 'POSTHOUSE_TEST_APT=0 forbids installing it'
  if (process.getuid?.() !== 0) return 'not installed, and only root may install it'
  const { ok } = await run('apt-get', ['--version'])
  return ok ? undefined : 'not installed, and there is no apt-get'
}

/** All in one go where that works, else one by one, so that one bad package costs only itself. */
async function installAll(names: readonly string[]): Promise<ReadonlyMap<string, Missing>> {
  const failures = new Map<string, Missing>()
  if ((await installTogether(names)) === undefined) return failures
  for (const name of await absentOf(names)) {
    const failure = await installTogether([name])
    if (failure !== undefined) failures.set(name, { name, ...failure })
  }
  return failures
}

/** @returns what stood in the way, or nothing */
async function installTogether(
  names: readonly string[],
): Promise<Omit<Missing, 'name'> | undefined> {
  const options = ['install', '-y', '-q', '--no-install-recommends', '--no-remove', '--no-upgrade']
  const keep = ['-o', 'Dpkg::Options::=--force-confold', '-o', 'DPkg::Lock::Timeout=300']
  const trial = await run('apt-get', [...options, '-s', ...names])
  if (!trial.ok) return { because: `apt would not: ${lastLine(trial.words)}`, isInstallable: false }
  const fetched = await run('apt-get', [...options, ...keep, '--download-only', ...names])
  if (!fetched.ok)
    return { because: `not fetched: ${lastLine(fetched.words)}`, isInstallable: false }
  const installed = await run('apt-get', [...options, ...keep, ...names])
  if (installed.ok) return undefined
  return { because: `apt failed: ${lastLine(installed.words)}`, isInstallable: true }
}

/**
 * A `policy-rc.d` that answers 101 keeps packages from starting anything; one that is there already is the
 * machine's own and stays. Postgres gets no cluster, Postfix no configuration.
 */
async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
  const ours: string[] = []
  if (await writeNew(policyFile, '#!/bin/sh\nexit 101\n', 0o755)) ours.push(policyFile)
  await run('mkdir', ['-p', '/etc/postgresql-common'])
  if (await writeNew(clusterFile, 'create_main_cluster = false\n', 0o644)) ours.push(clusterFile)
  await preset('postfix postfix/main_mailer_type select No configuration')
  // Left behind, the policy would keep the machine from ever starting a service.
  const cleanUp = (): void => {
    for (const file of ours) rmSync(file, { force: true })
  }
  const interrupted = (): void => {
    cleanUp()
    process.exit(130)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const
  for (const signal of signals) process.on(signal, interrupted)
  try {
    return await work()
  } finally {
    cleanUp()
    for (const signal of signals) process.off(signal, interrupted)
  }
}

async function writeNew(file: string, content: string, mode: number): Promise<boolean> {
  return writeFile(file, content, { flag: 'wx', mode }).then(
    () => true,
    () => false,
  )
}

async function preset(line: string): Promise<void> {
  const isThere = await access('/usr/bin/debconf-set-selections').then(
    () => true,
    () => false,
  )
  if (isThere) await run('sh', ['-c', 'echo "$1" | debconf-set-selections', 'sh', line])
}

async function absentOf(names: readonly string[]): Promise<readonly string[]> {
  const format = '${Package} ${db:Status-Abbrev}\n'
  const { words } = await run('dpkg-query', ['-W', `-f=${format}`, ...names])
  const lines = words.split('\n').map((line) => line.trim())
  return names.filter((name) => !lines.includes(`${name} ii`))
}

async function candidatesOf(names: readonly string[]): Promise<readonly string[]> {
  const { words } = await run('apt-cache', ['policy', ...names])
  const found = new Set<string>()
  let name = ''
  for (const line of words.split('\n')) {
    if (!line.startsWith(' ')) name = line.replace(/:.*$/, '')
    if (/^\s+Candidate: (?!\(none\))/.test(line)) found.add(name)
  }
  return names.filter((each) => found.has(each))
}

function missing(name: string, because: string, isInstallable: boolean): Missing {
  return { name, because, isInstallable }
}

function lastLine(words: string): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '')
  return lines.findLast((line) => line.startsWith('E:')) ?? lines.at(-1) ?? 'no reason given'
}

interface Outcome {
  readonly ok: boolean
  readonly words: string
}

function run(file: string, args: readonly string[]): Promise<Outcome> {
  const options = { env, timeout: 15 * 60_000, maxBuffer: 16 * 1024 * 1024 }
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({ ok: error === null, words: `${stdout}${stderr}` })
    })
  })
}

/** True if this is Debian or one of its children: elsewhere nothing is installed. */
export async function isDebian(): Promise<boolean> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return /^ID(_LIKE)?=.*debian/m.test(text)
}
