import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LmtpSink } from './lmtp-sink.ts'
import { password, type ProcessSuite } from './process-suite.ts'
import { absent, runProgram, type Ended } from './run-program.ts'
import type { Scratch } from './scratch.ts'

/** A program that fetches mail over POP3, leaves it on the server, and remembers what it has. */
export interface Fetcher {
  readonly name: string
  /** False if it is there, else why not. */
  readonly skip: string | false
  /** Fetches what is new. */
  fetch(): Promise<void>
  /** Everything it has fetched so far, as text; messages may stand together. */
  texts(): Promise<readonly string[]>
}

interface Ground {
  readonly suite: ProcessSuite
  readonly scratch: Scratch
  readonly user: string
  /** Takes what getmail fetches. */
  readonly lmtp: LmtpSink
}

/** All of them, for one user. */
export function pop3Fetchers(ground: Ground): Promise<readonly Fetcher[]> {
  return Promise.all([mpop, fetchmail, getmail, curl, poplib].map((make) => make(ground)))
}

async function mpop({ suite, scratch, user }: Ground): Promise<Fetcher> {
  const maildir = await makeMaildir(scratch, 'mpop')
  const rc = await scratch.write('mpoprc', [
    'account default',
    'host localhost',
    `port ${suite.ports.pop3}`,
    `user ${user}`,
    `password ${password}`,
    'auth user',
    'tls on',
    'tls_starttls on',
    `tls_trust_file ${suite.caFile}`,
    'keep on',
    'received_header off',
    `uidls_file ${path.join(scratch.folder, 'mpop-uidls')}`,
    `delivery maildir ${maildir}`,
  ])
  return {
    name: 'mpop',
    skip: absent('mpop'),
    fetch: async () => done('mpop', await runProgram('mpop', ['-C', rc])),
    texts: () => filesIn(path.join(maildir, 'new')),
  }
}

async function fetchmail({ suite, scratch, user }: Ground): Promise<Fetcher> {
  const box = path.join(scratch.folder, 'fetchmail-box')
  const file = (name: string) => path.join(scratch.folder, `fetchmail-${name}`)
  const rc = await scratch.write('fetchmailrc', [
    `poll localhost protocol POP3 uidl port ${suite.ports.pop3s}`,
    `  user "${user}" password "${password}" keep`,
    `  ssl sslcertck sslcertfile "${suite.caFile}"`,
    `  bsmtp "${box}"`,
  ])
  const env = { HOME: scratch.folder, FETCHMAILHOME: scratch.folder }
  const files = ['--idfile', file('ids'), '--pidfile', file('pid')]
  return {
    name: 'fetchmail',
    skip: absent('fetchmail'),
    fetch: async () => {
      const ended = await runProgram('fetchmail', ['--nosyslog', '-f', rc, ...files], { env })
      // 1: there was nothing new.
      if (ended.code !== 1) done('fetchmail', ended)
    },
    texts: async () => [await readFile(box, 'latin1').catch(() => '')],
  }
}

async function getmail({ suite, scratch, user, lmtp }: Ground): Promise<Fetcher> {
  const rc = await scratch.write('getmailrc', [
    '[retriever]',
    'type = SimplePOP3SSLRetriever',
    'server = localhost',
    `port = ${suite.ports.pop3s}`,
    `username = ${user}`,
    `password = ${password}`,
    `ca_certs = ${suite.caFile}`,
    '[destination]',
    // Its other destinations start a process per message, and now and then wait for one that is gone.
    'type = MDA_lmtp',
    'host = 127.0.0.1',
    `port = ${lmtp.port}`,
    `override = ${user}`,
    '[options]',
    'read_all = false',
    'delete = false',
    'received = false',
    'delivered_to = false',
  ])
  const args = ['--getmaildir', scratch.folder, '--rcfile', rc]
  return {
    name: 'getmail6',
    skip: absent('getmail', 'getmail6'),
    fetch: async () => done('getmail', await runProgram('getmail', args)),
    texts: () => Promise.resolve(lmtp.messages),
  }
}

async function curl({ suite, scratch, user }: Ground): Promise<Fetcher> {
  const folder = path.join(scratch.folder, 'curl')
  await mkdir(folder)
  const server = `pop3s://localhost:${suite.ports.pop3s}/`
  const run = async (args: readonly string[]) => {
    const login = ['-u', `${user}:${password}`]
    const ended = await runProgram('curl', ['-sS', '--cacert', suite.caFile, ...login, ...args])
    done('curl', ended)
    return ended.stdout
  }
  let seen: ReadonlySet<string> = new Set()
  let lastRun = 0
  return {
    name: 'curl',
    skip: absent('curl'),
    fetch: async () => {
      const lines = (await run([server, '-X', 'UIDL'])).trim().split(/\r?\n/).filter(Boolean)
      const listed = lines.map((line) => line.split(' '))
      const fresh = listed.filter(([, uid = '']) => !seen.has(uid)).map(([number]) => number)
      if (fresh.length === 0) return
      lastRun += 1
      await run([`${server}{${fresh.join(',')}}`, '-o', path.join(folder, `${lastRun}-#1`)])
      seen = new Set([...seen, ...listed.map(([, uid = '']) => uid)])
    },
    texts: () => filesIn(folder),
  }
}

async function poplib({ suite, scratch, user }: Ground): Promise<Fetcher> {
  const folder = path.join(scratch.folder, 'poplib')
  await mkdir(folder)
  const script = fileURLToPath(new URL('poplib-fetch.py', import.meta.url))
  const facts = { port: suite.ports.pop3s, ca: suite.caFile, user, password, folder }
  const input = JSON.stringify(facts)
  return {
    name: 'poplib',
    skip: absent('python3'),
    fetch: async () => done('poplib', await runProgram('python3', [script], { input })),
    texts: () => filesIn(folder),
  }
}

function done(name: string, { code, stdout, stderr }: Ended): void {
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${stdout}${stderr}`)
}

async function makeMaildir(scratch: Scratch, name: string): Promise<string> {
  const folder = path.join(scratch.folder, name)
  for (const part of ['cur', 'new', 'tmp'])
    await mkdir(path.join(folder, part), { recursive: true })
  return folder
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder)
  return Promise.all(names.map((name) => readFile(path.join(folder, name), 'latin1')))
}
