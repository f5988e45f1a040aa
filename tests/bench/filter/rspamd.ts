import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { benchFolder } from '../folders.ts'
import { startServer } from '../sides/child.ts'
import type { CorpusMessage } from './corpus.ts'
import { freePort, inParallel, mostMs, peerFolder, started, type FilterPeer } from './peers.ts'

/** What asks others, by DNS or otherwise, or wants Redis. */
const asking = [
  'antivirus',
  'arc',
  'asn',
  'bimi',
  'dcc',
  'dkim',
  'dkim_signing',
  'dmarc',
  'external_services',
  'fuzzy_check',
  'greylist',
  'hfilter',
  'history_redis',
  'mx_check',
  'neural',
  'ratelimit',
  'rbl',
  'replies',
  'reputation',
  'rspamd_update',
  'spf',
  'surbl',
  'url_redirector',
] as const

/**
 * rspamd with Debian's configuration but for its workers, its folders, a DNS in which no name exists, without the modules that ask
 * others, whose timeouts would be all that is measured, and with Bayes in SQLite, as it has no Redis here.
 */
export async function startRspamd(learnt: readonly CorpusMessage[]): Promise<FilterPeer> {
  const folder = await peerFolder('rspamd')
  const dns = await emptyDns()
  const [port, controller] = [await freePort(), await freePort()]
  await configure(folder, { port, controller, dns: dns.address().port })
  const args = ['--insecure', '--no-fork', '--config', path.join(folder, 'rspamd.conf')]
  // Compiled expressions are kept from run to run.
  const variables = { LOCAL_CONFDIR: folder, DBDIR: path.join(benchFolder, 'rspamd') }
  await mkdir(variables.DBDIR, { recursive: true })
  const folders = { ...variables, RUNDIR: folder, LOGDIR: folder }
  for (const [name, value] of Object.entries(folders)) args.push('--var', `${name}=${value}`)
  const process = startServer('rspamd', args, { logFile: path.join(folder, 'log') })
  const score = (octets: Buffer): Promise<number> => rspamdScore(port, octets)
  const peer = await started({ name: 'rspamd', shipped: 6, score }, process, folder)
  const stop = async (): Promise<void> => {
    dns.close()
    await peer.stop()
  }
  try {
    await inParallel(learnt, 4, (message) => learn(controller, message))
  } catch (error) {
    await stop()
    throw error
  }
  return { ...peer, stop }
}

async function configure(
  folder: string,
  ports: { readonly port: number; readonly controller: number; readonly dns: number },
): Promise<void> {
  const override = path.join(folder, 'override.d')
  await mkdir(override)
  for (const name of asking) {
    await writeFile(path.join(override, `${name}.conf`), 'enabled = false;\n')
  }
  const statistics = (name: string): string => `path = "${folder}/${name}.sqlite";`
  await writeFile(
    path.join(override, 'classifier-bayes.conf'),
    [
      'backend = "sqlite3"; new_schema = false;',
      `cache { ${statistics('learnt')} }`,
      `statfile { symbol = "BAYES_HAM"; spam = false; ${statistics('ham')} }`,
      `statfile { symbol = "BAYES_SPAM"; spam = true; ${statistics('spam')} }`,
      '',
    ].join('\n'),
  )
  await writeFile(
    path.join(folder, 'rspamd.conf'),
    [
      '.include "$CONFDIR/common.conf"',
      'options {',
      '  .include "$CONFDIR/options.inc"',
      `  pidfile = "${folder}/pid";`,
      '  disable_monitoring = true;',
      `  dns { nameserver = ["127.0.0.1:${ports.dns}:1"]; timeout = 1s; retransmits = 1; }`,
      '}',
      'logging { type = "console"; level = "error"; }',
      `worker "normal" { bind_socket = "127.0.0.1:${ports.port}"; count = 2; }`,
      `worker "controller" { bind_socket = "127.0.0.1:${ports.controller}"; secure_ip = "127.0.0.1"; }`,
      '',
    ].join('\n'),
  )
}

/** It may say that it knows this already, or need not learn it. */
async function learn(port: number, { isSpam, octets }: CorpusMessage): Promise<void> {
  const url = `http://127.0.0.1:${port}/${isSpam ? 'learnspam' : 'learnham'}`
  const answer = await fetch(url, {
    method: 'POST',
    body: new Uint8Array(octets),
    signal: AbortSignal.timeout(mostMs),
  })
  await answer.arrayBuffer()
}

async function rspamdScore(port: number, octets: Buffer): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/checkv2`, {
    method: 'POST',
    body: new Uint8Array(octets),
    signal: AbortSignal.timeout(mostMs),
  })
  const said: unknown = await answer.json()
  if (typeof said !== 'object' || said === null || !('score' in said)) throw new Error('no score')
  return Number(said.score)
}

/** Answers NXDOMAIN to everything at once: without it, every look-up of a name would wait for its timeout. */
async function emptyDns(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('message', (question, from) => {
    if (question.length < 12) return
    const answer = Buffer.from(question)
    answer.writeUInt8(answer.readUInt8(2) | 0x80, 2)
    answer.writeUInt8(0x83, 3)
    socket.send(answer, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}
