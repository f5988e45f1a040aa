import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startDaemon, type Daemon } from './house/daemon.ts'
import { type Machine, noNetwork, startNetwork, type Network } from './house/networks.ts'
import { absent, type Ended, findProgram } from './house/run-program.ts'
import { waitFor } from './house/wait-for.ts'

// The README's first hour, command by command, on two machines that know of each other by DNS alone. What `dns records` prints
// is served as it is; other people's programs say whether it and the signatures are right.

const posthouseFile = fileURLToPath(new URL('../../apps/cli/bin/posthouse.js', import.meta.url))
const skip =
  (await noNetwork()) ||
  absent('knotd', 'knot') ||
  absent('unbound') ||
  absent('opendkim-testkey', 'opendkim-tools') ||
  absent('dkimverify', 'python3-dkim') ||
  absent('spfquery', 'spf-tools-perl')

/** A mail server on a machine of its own, as its operator sees it. */
class Town {
  readonly domain: string
  readonly machine: Machine
  readonly folder: string
  #up: ChildProcess | undefined
  output = ''

  constructor(domain: string, machine: Machine, folder: string) {
    this.domain = domain
    this.machine = machine
    this.folder = folder
  }

  get config(): string {
    return path.join(this.folder, 'posthouse.toml')
  }

  posthouse(...args: readonly string[]): Promise<Ended> {
    return this.machine.run(process.execPath, [posthouseFile, ...args], { limitMs: 240_000 })
  }

  /** Runs a command that must end well. */
  async ok(...args: readonly string[]): Promise<Ended> {
    const ended = await this.posthouse(...args)
    assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`)
    return ended
  }

  async up(): Promise<void> {
    const [file = 'ip', ...args] = this.machine.prefix
    const command = [...args, process.execPath, posthouseFile, 'up', '--config', this.config]
    const child = spawn(findProgram(file) ?? file, command, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#up = child
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    await waitFor(`${this.domain} to be up`, async () => {
      if (child.exitCode !== null) throw new Error(`up ended: ${this.output}`)
      const text = await readFile(path.join(this.folder, 'status.json'), 'utf8').catch(() => '{}')
      return (JSON.parse(text) as { ready?: boolean }).ready === true ? true : undefined
    })
  }

  async stop(): Promise<void> {
    const child = this.#up
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}

let folder: string
let network: Network
let names: Machine
let alpha: Town
let beta: Town
const daemons: Daemon[] = []

before(async () => {
  if (skip !== false) return
  folder = await mkdtemp(path.join(os.tmpdir(), 'first-hour-'))
  await chmod(folder, 0o711)
  network = await startNetwork(3)
  const [dns, one, two] = network.machines
  assert.ok(dns && one && two)
  names = dns
  alpha = new Town('alpha.test', one, path.join(folder, 'alpha'))
  beta = new Town('beta.test', two, path.join(folder, 'beta'))
})
after(async () => {
  if (skip !== false) return
  await Promise.all([alpha.stop(), beta.stop()])
  for (const daemon of daemons.toReversed()) await daemon.stop()
  await network.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
})

/** An authority (Knot) for zones as they are in their files, and a resolver (Unbound) in front of it. */
async function serve(zones: Readonly<Record<string, string>>): Promise<void> {
  const place = path.join(folder, 'knot')
  await mkdir(path.join(place, 'zones'), { recursive: true })
  for (const [name, records] of Object.entries(zones)) {
    const head = `$TTL 300\n${name}. SOA ns.${name}. hostmaster.${name}. 1 3600 600 86400 60\n${name}. NS ns.${name}.\nns.${name}. A ${names.address}\n`
    await writeFile(path.join(place, 'zones', `${name}.zone`), head + records)
  }
  const list = Object.keys(zones).map((name) => `  - domain: "${name}."\n    file: "${name}.zone"`)
  const conf = path.join(place, 'knot.conf')
  await writeFile(
    conf,
    `server:\n    rundir: "${place}"\n    listen: ${names.address}@5300\ndatabase:\n    storage: "${place}"\ncontrol:\n    listen: "${place}/knot.sock"\nlog:\n  - target: stderr\n    any: info\ntemplate:\n  - id: default\n    storage: "${place}/zones"\nzone:\n${list.join('\n')}\n`,
  )
  const [ip = 'ip', ...inside] = names.prefix
  const knot = findProgram('knotd') ?? 'knotd'
  const isLoaded = async (): Promise<boolean> => {
    const text = await readFile(path.join(place, 'output'), 'utf8')
    return Object.keys(zones).every((name) => text.includes(`[${name}.] loaded`))
  }
  daemons.push(await startDaemon(ip, [...inside, knot, '-c', conf], place, isLoaded))
  const front = path.join(folder, 'unbound')
  await mkdir(front)
  const stubs = Object.keys(zones).map(
    (name) => `stub-zone:\n  name: "${name}."\n  stub-addr: ${names.address}@5300`,
  )
  const nodefault = Object.keys(zones).map((name) => `  local-zone: "${name}." nodefault`)
  await writeFile(
    path.join(front, 'unbound.conf'),
    `server:\n  directory: "${front}"\n  chroot: ""\n  username: ""\n  pidfile: ""\n  use-syslog: no\n  verbosity: 1\n  interface: ${names.address}\n  access-control: 10.0.0.0/8 allow\n  do-ip6: no\n  module-config: "iterator"\n  local-zone: "test." nodefault\n  local-zone: "10.in-addr.arpa." nodefault\n${nodefault.join('\n')}\nremote-control:\n  control-enable: no\n${stubs.join('\n')}\n`,
  )
  const unbound = findProgram('unbound') ?? 'unbound'
  const isUp = async (): Promise<boolean> =>
    (await readFile(path.join(front, 'output'), 'utf8')).includes('start of service')
  daemons.push(
    await startDaemon(
      ip,
      [...inside, unbound, '-d', '-d', '-c', path.join(front, 'unbound.conf')],
      front,
      isUp,
    ),
  )
}

test(
  'from nothing to a signed, aligned message between two servers',
  { skip, timeout: 900_000 },
  async () => {
    for (const town of [alpha, beta]) {
      const args = ['--domain', town.domain, '--data', town.folder, '--ports', 'standard']
      const { stderr } = await town.ok('setup', ...args)
      assert.match(stderr, new RegExp(`Password of you@${town.domain}: \\S+`))
      // This world is a private one: on the real internet nobody needs these lines.
      await appendFile(town.config, `\n[delivery]\nprivate_targets = ["10.0.0.0/8"]\n`)
    }

    const zones: Record<string, string> = {}
    for (const town of [alpha, beta]) {
      const where = ['--config', town.config, '--address', town.machine.address]
      zones[town.domain] = (
        await town.ok('dns', 'records', town.domain, '--offline', ...where)
      ).stdout
    }
    const [a = 0, b = 0, c = 0] = alpha.machine.address.split('.')
    const reverse = [alpha, beta].map(
      ({ machine, domain }) =>
        `${machine.address.split('.')[3]}.${c}.${b}.${a}.in-addr.arpa. PTR mail.${domain}.`,
    )
    zones[`${c}.${b}.${a}.in-addr.arpa`] = `${reverse.join('\n')}\n`
    await serve(zones)

    for (const town of [alpha, beta]) {
      await town.up()
      const where = ['--config', town.config, '--address', town.machine.address]
      await town.ok('dns', 'check', town.domain, ...where)
      await waitFor(`the keys of ${town.domain} to sign`, async () => {
        const { stdout } = await town.ok(
          'dkim',
          'list',
          town.domain,
          '--json',
          '--config',
          town.config,
        )
        const { items } = JSON.parse(stdout) as { items: { state: string }[] }
        if (items.length === 2 && items.every(({ state }) => state === 'active')) return true
        await sleep(1_000)
        return undefined
      })
      const only = ['--only', 'services,identity,dns,queue,accounts,disk']
      const doctor = await town.ok('doctor', ...only, ...where)
      assert.match(doctor.stdout, /^0 failures, /m)
    }

    const sent = await alpha.ok(
      'send-test',
      'you@alpha.test',
      '--to',
      'you@beta.test',
      '--config',
      alpha.config,
    )
    assert.match(sent.stderr, /Delivered to the server of you@beta\.test/)
    const message = await fetched(beta)
    assert.match(message, /spf=pass[^;]*smtp\.mailfrom=(you@)?alpha\.test/)
    assert.match(message, /dkim=pass[^;]*header\.d=alpha\.test/)
    assert.match(message, /dmarc=pass/)

    const verified = await beta.machine.run('dkimverify', [], { input: message })
    assert.equal(verified.code, 0, verified.stdout + verified.stderr)
    const { stdout: keys } = await alpha.ok(
      'dkim',
      'list',
      'alpha.test',
      '--json',
      '--config',
      alpha.config,
    )
    // Its resolver is one of its own, which reads no resolv.conf.
    const conf = path.join(folder, 'opendkim.conf')
    const resolver = path.join(folder, 'opendkim-resolver.conf')
    await writeFile(conf, `ResolverConfiguration ${resolver}\n`)
    await writeFile(
      resolver,
      `server:\n  local-zone: "test." nodefault\nforward-zone:\n  name: "."\n  forward-addr: ${names.address}\n`,
    )
    for (const { selector, algorithm } of (JSON.parse(keys) as { items: Key[] }).items) {
      // OpenDKIM of Debian 12 knows no Ed25519.
      if (algorithm !== 'rsa-2048') continue
      const tested = await beta.machine.run('opendkim-testkey', [
        '-x',
        conf,
        '-d',
        'alpha.test',
        '-s',
        selector,
        '-vv',
      ])
      assert.equal(tested.code, 0, tested.stderr)
    }
    const spf = await beta.machine.run('spfquery', spfWords(alpha))
    assert.match(spf.stdout, /^pass/m, spf.stdout + spf.stderr)
  },
)

interface Key {
  readonly selector: string
  readonly algorithm: string
}

function spfWords({ machine, domain }: Town): readonly string[] {
  return [
    '--ip',
    machine.address,
    '--identity',
    `you@${domain}`,
    '--helo-identity',
    `mail.${domain}`,
  ]
}

/** The newest message of `you@`, over IMAP with TLS, as a mail program reads it. */
async function fetched(town: Town): Promise<string> {
  const [, password = ''] = (await readFile(path.join(town.folder, 'first-login'), 'utf8')).split(
    '\n',
  )
  const url = `imaps://mail.${town.domain}/INBOX;MAILINDEX=1`
  const trust = ['--cacert', path.join(town.folder, 'ca.pem')]
  const args = [
    '--silent',
    '--show-error',
    ...trust,
    '--user',
    `you@${town.domain}:${password}`,
    url,
  ]
  const { code, stdout, stderr } = await town.machine.run('curl', args)
  assert.equal(code, 0, stderr)
  return stdout
}
