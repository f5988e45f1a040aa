import { spawn } from 'node:child_process'
import net from 'node:net'
import os from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { clusterAddress } from './cluster-address.ts'

const patienceMs = 120_000
const keeperRetryMs = 10_000

let shared: Promise<string> | undefined

/**
 * The superuser's URL of the Postgres that test processes share: the one that `npm test` has started, else one that the first
 * process to ask starts through a keeper, and that the keeper stops and removes when the last of its users is gone, however it
 * went.
 */
export function sharedCluster(): Promise<string> {
  const given = process.env['POSTHOUSE_TEST_DATABASE'] ?? ''
  if (given !== '') return Promise.resolve(given)
  shared ??= joinKeeper()
  return shared
}

async function joinKeeper(): Promise<string> {
  if (os.platform() !== 'linux') {
    throw new Error(
      'Set POSTHOUSE_TEST_DATABASE to the URL of a Postgres superuser, or use npm test.',
    )
  }
  const deadline = performance.now() + patienceMs
  let nextKeeper = 0
  for (;;) {
    const url = await ask()
    if (url !== undefined) return url
    const now = performance.now()
    if (now > deadline) throw new Error('No Postgres for tests could be started.')
    if (now >= nextKeeper) {
      startKeeper()
      nextKeeper = now + keeperRetryMs
    }
    await sleep(50)
  }
}

/** Holding the connection is what keeps the cluster alive; it must not keep this process alive. */
function ask(): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const socket = net.connect({ path: clusterAddress() })
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (piece: string) => {
    text += piece
    if (!text.endsWith('\n')) return
    socket.unref()
    resolve(text.trim())
  })
  socket.on('error', () => resolve(undefined))
  socket.on('close', () => resolve(undefined))
  return promise
}

function startKeeper(): void {
  const keeper = fileURLToPath(new URL('cluster-keeper.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@posthouse/source', keeper], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
  })
  child.on('error', () => {})
  child.unref()
}
