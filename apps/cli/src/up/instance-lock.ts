import { createHash } from 'node:crypto'
import { realpath, rm } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'

/** The right to run on a data folder, held until it is released or the process ends. */
export interface InstanceLock {
  release(): Promise<void>
}

/**
 * Claims a data folder for this process.
 *
 * On Linux the claim is a name in the abstract socket space: the kernel gives it to one process and takes it
 * back however that process ends, so that no stale file can lock anybody out. Elsewhere it is a socket file,
 * which is stale if nobody answers.
 * @param dataDir must exist
 * @returns nothing if another process holds it
 */
export async function claimInstance(dataDir: string): Promise<InstanceLock | undefined> {
  const folder = await realpath(dataDir)
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32)
  if (process.platform === 'linux') return claim(`\0posthouse-${name}`)
  const file = path.join(folder, 'up.sock')
  return (await claim(file)) ?? ((await answers(file)) ? undefined : await claimStale(file))
}

async function claimStale(file: string): Promise<InstanceLock | undefined> {
  await rm(file, { force: true })
  return claim(file)
}

function claim(name: string): Promise<InstanceLock | undefined> {
  const server = net.createServer((socket) => socket.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen({ path: name }, () => {
      server.unref()
      resolve({ release: () => new Promise((done) => server.close(() => done())) })
    })
  })
}

function answers(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: file })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
