import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

import { clusterAddress } from './cluster-address.ts'
import type { TestCluster } from './test-cluster.ts'

// A process of its own, started by `sharedCluster`: owns the Postgres of test processes that were started by hand.

const prefix = 'posthouse-test-'
/** Test files of one run follow each other closely: stopping in between would cost a second each. */
const graceMs = 1_500
const firstUserMs = 60_000

const users = new Set<net.Socket>()
const { promise: unused, resolve: nobodyLeft } = Promise.withResolvers<void>()
let timer = setTimeout(nobodyLeft, firstUserMs)
let cluster: TestCluster | undefined

const server = net.createServer((socket) => {
  clearTimeout(timer)
  users.add(socket)
  if (cluster !== undefined) socket.write(`${cluster.url}\n`)
  socket.on('error', () => {})
  socket.on('close', () => {
    users.delete(socket)
    clearTimeout(timer)
    if (users.size === 0) timer = setTimeout(nobodyLeft, graceMs)
  })
})
server.on('error', () => process.exit(0)) // another keeper was quicker
server.listen({ path: clusterAddress() }, () => void keep())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, nobodyLeft)

async function keep(): Promise<void> {
  // Only now: the name is taken first, so that the other keepers end at once.
  const { startTestCluster } = await import('./test-cluster.ts')
  await sweep(startTestCluster)
  const folder = await mkdtemp(path.join(os.tmpdir(), prefix))
  try {
    await chmod(folder, 0o711)
    await writeFile(path.join(folder, 'keeper'), String(process.pid))
    cluster = await startTestCluster(folder)
    for (const socket of users) socket.write(`${cluster.url}\n`)
    await unused
  } finally {
    server.close()
    for (const socket of users) socket.destroy()
    await cluster?.stop()
    await rm(folder, { recursive: true, force: true })
  }
  process.exit(0)
}

/** Removes what killed keepers have left behind: starting in their folder stops their server. */
async function sweep(startTestCluster: (folder: string) => Promise<TestCluster>): Promise<void> {
  for (const name of await readdir(os.tmpdir())) {
    if (!name.startsWith(prefix)) continue
    const folder = path.join(os.tmpdir(), name)
    const keeper = Number(await readFile(path.join(folder, 'keeper'), 'utf8').catch(() => '0'))
    if (keeper === 0 || isAlive(keeper)) continue
    try {
      const left = await startTestCluster(folder)
      await left.stop()
      await rm(folder, { recursive: true, force: true })
    } catch {
      // Somebody else's, or being swept by another keeper.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
