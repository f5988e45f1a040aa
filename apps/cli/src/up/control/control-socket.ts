import { rm } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { readLogQuestion, readRequest } from '@posthouse/app'
import type { Log, LogQuestion } from '@posthouse/telemetry'
import type { ControlTree } from './control-tree.ts'
import { readControlLine } from './control-line.ts'
import { controlName, reachable } from './control-place.ts'

/** More at a time are not people at terminals. */
const mostClients = 32

/** For an answer to be taken. */
const takeMs = 10_000

/** The line to the running suite, open for whoever may enter. */
export interface ControlSocket {
  close(): Promise<void>
}

/**
 * Opens the control socket of a data folder, for its owner and root alone. The folder must be claimed: what stands in the
 * socket's place is then a dead suite's, and goes.
 *
 * One request a connection: a line `{"ask":NAME,"args":{…}}`, answered by `{"parts":[…]}` or `{"error":WORDS}`, and the end.
 */
export async function openControlSocket(
  dataDir: string,
  tree: ControlTree,
  log: Log,
  name = controlName,
): Promise<ControlSocket> {
  await rm(path.join(dataDir, name), { force: true })
  const clients = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    clients.add(socket)
    socket.on('close', () => clients.delete(socket))
    // Whoever hangs up is not waited for.
    socket.on('error', () => socket.destroy())
    void serve(socket, tree, log).finally(() => leave(socket))
  })
  server.maxConnections = mostClients
  const folder = reachable(dataDir)
  // Made with these rights, not given them later: there is no moment in which others could enter.
  const mask = process.umask(0o177)
  server.listen(path.join(folder.path, name))
  process.umask(mask)
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })
  // A connection that could not be taken (no file handle is left, say) is no reason for the suite to end.
  server.on('error', (error) => log.warn('control.failed', { error }))
  const end = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of clients) socket.destroy()
    await closed
    folder.leave()
  }
  let ended: Promise<void> | undefined
  return { close: () => (ended ??= end()) }
}

async function serve(socket: net.Socket, tree: ControlTree, log: Log): Promise<void> {
  const line = await readControlLine(socket)
  if (line === undefined) return
  const question = readLogQuestion(line)
  if (question !== undefined) return follow(socket, question, tree)
  const request = readRequest(line)
  if (request === undefined) return say(socket, { error: 'no such request' })
  log.debug('control.asked', { ask: request.name })
  say(socket, { parts: await tree.ask(request.name, request.args) })
}

/** Lines that wait because the client does not read, in octets; beyond, they are left out and counted. */
const mostWaiting = 1024 * 1024

/** The log as it comes, a line each, until the client hangs up; `{"dropped":N}` where it did not keep up. */
async function follow(socket: net.Socket, question: LogQuestion, tree: ControlTree): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    socket.once('close', resolve)
    // It has hung up: to be noticed although nothing is logged.
    socket.once('end', resolve)
  })
  socket.resume()
  let lost = 0
  const stop = tree.follow(question, (lines, dropped) => {
    lost += dropped
    for (const line of lines) {
      if (socket.writableLength > mostWaiting) lost += 1
      else socket.write(line)
    }
    if (lost === 0 || socket.writableLength > mostWaiting) return
    say(socket, { dropped: lost })
    lost = 0
  })
  say(socket, { following: true })
  await gone
  stop()
}

/** Who has got the answer is let go, and who does not take it in time, too. */
function leave(socket: net.Socket): void {
  if (socket.destroyed) return
  const timer = setTimeout(() => socket.destroy(), takeMs)
  socket.once('close', () => clearTimeout(timer))
  socket.end(() => socket.destroy())
}

function say(socket: net.Socket, words: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(words)}\n`)
}
