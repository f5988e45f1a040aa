import { spawn } from 'node:child_process'
import { computeFacts, formatDateTime } from '@posthouse/message'
import { newUuid, uuidToBase32, type Store } from '@posthouse/store'
import type { Changes } from './last-visit.ts'

/** Ways to the operator. One of them should not be mail: that is what may be broken. */
export interface Ways {
  /** An address of this server. */
  readonly mail?: string | undefined
  /** Gets a POST with JSON. */
  readonly webhook?: string | undefined
  /** A shell command, with the text on its standard input. */
  readonly exec?: string | undefined
}

const postMs = 15_000
const execMs = 60_000

/** Tells what has changed, by every way that was named; gives what went wrong on the way. */
export async function tellOperator(
  ways: Ways,
  changes: Changes,
  hostname: string,
  store: Store | undefined,
): Promise<readonly string[]> {
  const text = textOf(changes, hostname)
  const tries: readonly (readonly [string, Promise<void>])[] = [
    ...(ways.mail === undefined ? [] : [['mail', mail(store, ways.mail, text, hostname)] as const]),
    ...(ways.webhook === undefined
      ? []
      : [['webhook', post(ways.webhook, changes, hostname, text)] as const]),
    ...(ways.exec === undefined ? [] : [['exec', run(ways.exec, text)] as const]),
  ]
  const ends = await Promise.allSettled(tries.map(([, work]) => work))
  return ends.flatMap((end, i) => {
    if (end.status === 'fulfilled') return []
    const because = end.reason instanceof Error ? end.reason.message : String(end.reason)
    return [`${tries[i]?.[0] ?? ''}: ${because}`]
  })
}

function textOf({ since, worse, mended }: Changes, hostname: string): string {
  const lines = [`${hostname}: what has changed${since === undefined ? '' : ` since ${since}`}`, '']
  for (const { state, text, why, next } of worse) {
    lines.push(`${state === 'fail' ? 'FAIL' : 'WARN'}  ${text}`)
    if (why !== undefined) lines.push(`      ${why}`)
    if (next !== undefined) lines.push(`      -> ${next}`)
  }
  for (const id of mended) lines.push(`OK    ${id}`)
  return lines.join('\n')
}

async function mail(
  store: Store | undefined,
  to: string,
  text: string,
  hostname: string,
): Promise<void> {
  const found = await store?.resolve(to)
  if (store === undefined || found?.kind !== 'local') throw new Error(`${to} is no mailbox here`)
  const queueId = uuidToBase32(newUuid())
  const receivedAt = new Date()
  const octets = Buffer.from(
    [
      `Date: ${formatDateTime(receivedAt)}`,
      `From: Posthouse <postmaster@${hostname}>`,
      `To: <${to}>`,
      `Subject: ${hostname}: what has changed`,
      `Message-ID: <${queueId}@${hostname}>`,
      'Auto-Submitted: auto-generated',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      '',
      ...text.split('\n'),
      '',
    ].join('\r\n'),
  )
  const { account } = found.account
  const recipient = { account, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }
  const facts = computeFacts(octets)
  await store.deliver({ octets, facts, receivedAt, queueId, recipients: [recipient] })
}

async function post(url: string, changes: Changes, hostname: string, text: string): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hostname, text, ...changes }),
    redirect: 'error',
    signal: AbortSignal.timeout(postMs),
  })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`${new URL(url).host} answers ${answer.status}`)
}

function run(command: string, text: string): Promise<void> {
  const child = spawn('/bin/sh', ['-c', command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    timeout: execMs,
  })
  // It need not read what it is told.
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${text}\n`)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`the command ended with ${code ?? signal ?? 'nothing'}`))
    })
  })
}
