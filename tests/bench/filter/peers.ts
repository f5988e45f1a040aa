import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { eventually, startServer, type ServerProcess } from '../sides/child.ts'

/** Debian's packages of the peers. */
export const filterPeerPackages = ['spamassassin', 'spamc', 'rspamd'] as const

/** Another filter under measurement, as Debian ships it, alone on its machine: no network tests, nothing learnt. */
export interface FilterPeer {
  readonly name: string
  /** Points from which on it calls a message spam, as shipped. */
  readonly shipped: number
  score(octets: Buffer): Promise<number>
  /** Its processes' roots. */
  readonly pid: number
  stop(): Promise<void>
}

const mostMs = 120_000

/** SpamAssassin's daemon with Debian's rules, `--local`. */
export async function startSpamAssassin(): Promise<FilterPeer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-spamd-'))
  await chmod(folder, 0o755)
  const port = await freePort()
  const user = userInfo().uid === 0 ? ['--username', 'nobody'] : []
  const listen = ['--local', '--nouser-config', '--listen', `127.0.0.1:${port}`]
  const args = [...listen, '--syslog', 'stderr', '--max-children', '1', ...user]
  const process = startServer('spamd', [...args, '--helper-home-dir', folder], {
    logFile: path.join(folder, 'log'),
  })
  const score = (octets: Buffer): Promise<number> => spamcScore(port, octets)
  return started('SpamAssassin', 5, process, folder, score)
}

/** rspamd with Debian's configuration but for its workers, its folders, and a DNS in which no name exists. */
export async function startRspamd(): Promise<FilterPeer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-rspamd-'))
  await mkdir(path.join(folder, 'run'))
  const dns = await emptyDns()
  const port = await freePort()
  const file = path.join(folder, 'rspamd.conf')
  await writeFile(file, rspamdConfig(folder, port, dns.address().port))
  const args = ['--insecure', '--no-fork', '--config', file]
  for (const name of ['DBDIR', 'RUNDIR', 'LOGDIR']) args.push('--var', `${name}=${folder}/run`)
  const process = startServer('rspamd', args, { logFile: path.join(folder, 'log') })
  const score = async (octets: Buffer): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${port}/checkv2`, {
      method: 'POST',
      body: new Uint8Array(octets),
      headers: { IP: '192.0.2.1', Helo: 'client.example', Hostname: 'client.example' },
      signal: AbortSignal.timeout(mostMs),
    })
    const said: unknown = await answer.json()
    if (typeof said !== 'object' || said === null || !('score' in said)) throw new Error('no score')
    return Number(said.score)
  }
  const peer = await started('rspamd', 6, process, folder, score)
  return {
    ...peer,
    async stop() {
      dns.close()
      await peer.stop()
    },
  }
}

function rspamdConfig(folder: string, port: number, dns: number): string {
  return [
    '.include "$CONFDIR/common.conf"',
    'options {',
    '  .include "$CONFDIR/options.inc"',
    `  pidfile = "${folder}/run/pid";`,
    '  disable_monitoring = true;',
    `  dns { nameserver = ["127.0.0.1:${dns}:1"]; timeout = 1s; retransmits = 1; }`,
    '}',
    'logging { type = "console"; level = "error"; }',
    `worker "normal" { bind_socket = "127.0.0.1:${port}"; count = 1; }`,
    '',
  ].join('\n')
}

async function started(
  name: string,
  shipped: number,
  process: ServerProcess,
  folder: string,
  score: FilterPeer['score'],
): Promise<FilterPeer> {
  const stop = async (): Promise<void> => {
    await process.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await eventually(() => score(Buffer.from('Subject: hello\r\n\r\nhello\r\n')), 180_000)
  } catch (error) {
    await stop()
    throw error
  }
  return { name, shipped, pid: process.pid, score, stop }
}

/** SPAMC/1.5: one connection, one question. */
async function spamcScore(port: number, octets: Buffer): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(mostMs, () => socket.destroy(new Error('spamd does not answer')))
  await once(socket, 'connect')
  socket.end(
    Buffer.concat([
      Buffer.from(`CHECK SPAMC/1.5\r\nContent-length: ${octets.length}\r\n\r\n`),
      octets,
    ]),
  )
  const answer = await text(socket)
  const found = /^Spam: \w+ ; (-?[\d.]+) \//m.exec(answer)?.[1]
  if (found === undefined) throw new Error(`spamd says: ${answer.slice(0, 200)}`)
  return Number(found)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
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
