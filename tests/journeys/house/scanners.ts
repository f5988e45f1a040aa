import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { ScannerAddress } from '@posthouse/filter'
import { startDaemon, type Daemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'

/** A scanner, and where it listens. */
export interface Scanner extends Daemon {
  readonly address: ScannerAddress
  readonly port: number
}

/** What every scanner calls a virus, and what is none (EICAR's test file). */
export const eicar = [
  'X5O!P%@AP[4\\PZX54(P^)7CC)7}',
  '$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*',
].join('')

/** Its signature's name. */
export const eicarName = 'Posthouse.Test.Eicar'

/** A clamd that knows one virus, and takes streams of two mebibytes at most. On a unix socket and on a port. */
export async function startClamd(): Promise<Scanner & { readonly socket: ScannerAddress }> {
  const folder = await scratch('clamd')
  const database = path.join(folder, 'database')
  await mkdir(database)
  const signature = `${eicarName}:0:*:${Buffer.from(eicar).toString('hex')}\n`
  await writeFile(path.join(database, 'test.ndb'), signature)
  const [port = 0] = await freePorts(1)
  const socket = path.join(folder, 'socket')
  const conf = [
    `LocalSocket ${socket}`,
    `TCPSocket ${port}`,
    'TCPAddr 127.0.0.1',
    `DatabaseDirectory ${database}`,
    `TemporaryDirectory ${folder}`,
    'Foreground yes',
    'StreamMaxLength 2M',
    `User ${os.userInfo().username}`,
  ]
  const file = await write(folder, 'clamd.conf', conf)
  const daemon = await startDaemon('clamd', ['--config-file', file], folder, () => isOpen(port))
  return { ...daemon, port, address: { host: '127.0.0.1', port }, socket: { path: socket } }
}

/** An rspamd with one rule: subjects that speak of a casino, 6.5 points, its options the recipients. No network tests. */
export async function startRspamd(): Promise<Scanner & { readonly url: string }> {
  const folder = await scratch('rspamd')
  const [port = 0] = await freePorts(1)
  const rule = await write(folder, 'rule.lua', [
    'rspamd_config:register_symbol({',
    "  name = 'TEST_CASINO', score = 6.5, description = 'Subject speaks of games',",
    '  callback = function(task)',
    "    if not (task:get_subject() or ''):find('casino') then return false end",
    '    local names = {}',
    "    for _, one in ipairs(task:get_recipients('smtp') or {}) do table.insert(names, one.addr) end",
    '    return true, 1.0, names',
    '  end })',
  ])
  const file = await write(folder, 'rspamd.conf', [
    `options { pidfile = "${folder}/pid"; filters = ""; history_file = ""; cache_file = "${folder}/cache";`,
    '  dns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; } }',
    'logging { type = "console"; level = "notice"; }',
    `worker "normal" { bind_socket = "127.0.0.1:${port}"; count = 1; }`,
    'metric { name = "default"; actions { reject = 15; add_header = 6; } }',
    `lua = "${rule}";`,
  ])
  const args = ['--insecure', '--no-fork', '--config', file]
  const daemon = await startDaemon('rspamd', args, folder, () => isOpen(port))
  const url = `http://127.0.0.1:${port}`
  return { ...daemon, port, address: { host: '127.0.0.1', port }, url }
}

/** SpamAssassin's daemon with Debian's rules, local tests only, and one rule more: see `startRspamd`. */
export async function startSpamd(): Promise<Scanner> {
  const folder = await scratch('spamd')
  const site = path.join(folder, 'site')
  await mkdir(site)
  const plugins = ['Check', 'HeaderEval', 'BodyEval', 'MIMEEval', 'MIMEHeader', 'RelayEval']
  const lines = plugins.map((name) => `loadplugin Mail::SpamAssassin::Plugin::${name}`)
  await write(site, 'test.pre', lines)
  await write(site, 'test.cf', [
    'use_bayes 0',
    'header TEST_CASINO Subject =~ /casino/',
    'describe TEST_CASINO Subject speaks of games',
    'score TEST_CASINO 6.5',
  ])
  const [port = 0] = await freePorts(1)
  const args = ['--local', '--nouser-config', '--listen', `127.0.0.1:${port}`, '--syslog', 'stderr']
  const sizes = ['--max-children', '2', '--min-children', '1', '--siteconfigpath', site]
  const user = process.getuid?.() === 0 ? ['--username', 'nobody'] : []
  await chmod(folder, 0o755)
  const all = [...args, ...sizes, ...user, '--helper-home-dir', folder]
  const daemon = await startDaemon('spamd', all, folder, () => isOpen(port))
  return { ...daemon, port, address: { host: '127.0.0.1', port } }
}

function scratch(name: string): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), `${name}-`))
}

async function write(folder: string, name: string, lines: readonly string[]): Promise<string> {
  const file = path.join(folder, name)
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o644 })
  return file
}

/** True once somebody listens. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
