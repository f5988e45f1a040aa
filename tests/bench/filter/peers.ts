import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { eventually, type ServerProcess } from '../sides/child.ts'
import type { CorpusMessage } from './corpus.ts'

/** Debian's packages of the peers. */
export const filterPeerPackages = ['spamassassin', 'spamc', 'rspamd'] as const

/** Another filter under measurement, alone on its machine: no network tests. */
export interface FilterPeer {
  readonly name: string
  /** Points from which on it calls a message spam, as shipped. */
  readonly shipped: number
  score(octets: Buffer): Promise<number>
  /** Its processes' root. */
  readonly pid: number
  stop(): Promise<void>
}

/** Starts one, in a folder of its own, with what it shall have learnt. */
export type StartPeer = (learnt: readonly CorpusMessage[]) => Promise<FilterPeer>

/** How long a peer may take for one message: the machine may be busy. */
export const mostMs = 120_000

/** A folder that goes with its peer. */
export function peerFolder(name: string): Promise<string> {
  return mkdtemp(path.join(tmpdir(), `bench-${name}-`))
}

/** The peer, once it answers. */
export async function started(
  { name, shipped, score }: Pick<FilterPeer, 'name' | 'shipped' | 'score'>,
  process: ServerProcess,
  folder: string,
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

/** A port that nobody has. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Works on a list, several at once. */
export async function inParallel<T>(
  list: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = list[Symbol.iterator]()
  const run = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: atOnce }, run))
}
