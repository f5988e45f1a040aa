import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { startServer } from '../sides/child.ts'
import type { CorpusMessage } from './corpus.ts'
import { freePort, mostMs, peerFolder, started, type FilterPeer } from './peers.ts'

const run = promisify(execFile)

/** SpamAssassin's daemon with Debian's rules, `--local`, two children, and what sa-learn learnt. */
export async function startSpamAssassin(learnt: readonly CorpusMessage[]): Promise<FilterPeer> {
  const folder = await peerFolder('spamd')
  const database = await learn(folder, learnt)
  await chmod(folder, 0o777)
  const port = await freePort()
  const args = ['--local', '--nouser-config', '--syslog', 'stderr', '--helper-home-dir', folder]
  args.push('--listen', `127.0.0.1:${port}`, '--min-children', '2', '--max-children', '2')
  args.push('--cf', `bayes_path ${database}`, '--cf', 'bayes_auto_learn 0')
  if (userInfo().uid === 0) args.push('--username', 'nobody')
  const process = startServer('spamd', args, { logFile: path.join(folder, 'log') })
  const score = (octets: Buffer): Promise<number> => spamcScore(port, octets)
  return started({ name: 'SpamAssassin', shipped: 5, score }, process, folder)
}

/** @returns the path of its database, as `bayes_path` has it */
async function learn(folder: string, learnt: readonly CorpusMessage[]): Promise<string> {
  const database = path.join(folder, 'bayes', 'bayes')
  await mkdir(path.dirname(database))
  for (const kind of ['ham', 'spam'] as const) {
    const mail = path.join(folder, kind)
    await mkdir(mail)
    const own = learnt.filter(({ isSpam }) => isSpam === (kind === 'spam'))
    for (const { name, octets } of own) await writeFile(path.join(mail, name), octets)
    if (own.length === 0) continue
    const options = { timeout: 900_000, maxBuffer: 1e7 }
    await run('sa-learn', ['--local', '--dbpath', database, `--${kind}`, mail], options)
  }
  await run('chmod', ['-R', 'a+rwX', folder])
  return database
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
