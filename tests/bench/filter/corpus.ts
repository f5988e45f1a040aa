import { execFile } from 'node:child_process'
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { baseSubject, decodeWords, headerFields, indexMessage, unfold } from '@posthouse/message'
import { benchFolder } from '../folders.ts'

const run = promisify(execFile)

/** One message of the corpus. */
export interface CorpusMessage {
  readonly name: string
  readonly isSpam: boolean
  /** With CRLF, as SMTP brings it. */
  readonly octets: Buffer
  /** When the last server that wrote it down took it. */
  readonly receivedAt: Date
  /** Of its envelope, as the corpus's own servers wrote them down. */
  readonly recipients: readonly string[]
  /** 0 to 4. */
  readonly fold: number
}

/** How many folds there are. */
export const folds = 5

/** The spam corpus (POSTHOUSE_CORPORA), read from its archive, in folds: what is alike stands in one fold. */
export async function readCorpus(): Promise<readonly CorpusMessage[]> {
  const corpora = process.env['POSTHOUSE_CORPORA'] ?? ''
  const archive = path.join(corpora, 'spam/sa-public-corpus.tar.xz')
  await access(archive).catch(() => {
    throw new Error(
      'the filter is measured on the spam corpus: POSTHOUSE_CORPORA names no folder that has it',
    )
  })
  const folder = await unpacked(archive)
  const messages = [...(await readKind(folder, 'ham')), ...(await readKind(folder, 'spam'))]
  const groups = groupsOf(messages.map(({ octets }) => octets))
  const fold = foldsOf(groups)
  return messages.map((message, i) => ({ ...message, fold: fold[i] ?? 0 }))
}

async function unpacked(archive: string): Promise<string> {
  const folder = path.join(benchFolder, 'spam-corpus')
  const isThere = await access(folder).then(
    () => true,
    () => false,
  )
  if (isThere) return folder
  const making = `${folder}.${process.pid}`
  await mkdir(making, { recursive: true })
  try {
    await run('tar', ['xJf', archive, '-C', making], { timeout: 120_000 })
    await rename(making, folder)
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  return folder
}

async function readKind(
  folder: string,
  kind: 'ham' | 'spam',
): Promise<readonly Omit<CorpusMessage, 'fold'>[]> {
  const names = (await readdir(path.join(folder, kind))).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const octets = withCrlf(await readFile(path.join(folder, kind, name)))
      const isSpam = kind === 'spam'
      const recipients = recipientsOf(octets)
      return { name, isSpam, octets, receivedAt: receivedAt(octets), recipients }
    }),
  )
}

function withCrlf(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
}

function receivedAt(octets: Buffer): Date {
  for (const { name, value } of headerFields(octets, indexMessage(octets).header)) {
    if (name.toLowerCase() !== 'received') continue
    const at = new Date(
      unfold(value)
        .split(';')
        .at(-1)
        ?.replace(/\(.*\)/, '') ?? '',
    )
    if (!Number.isNaN(at.getTime())) return at
  }
  return new Date('2002-10-01T00:00:00Z')
}

/**
 * Whom a message was for: Delivered-To and the `for` of Received, down to where it came from outside. What stands below, its sender
 * may have written.
 */
function recipientsOf(octets: Buffer): readonly string[] {
  const found: string[] = []
  for (const { name, value } of headerFields(octets, indexMessage(octets).header)) {
    const text = unfold(value).replace(/\s+/g, ' ')
    const field = name.toLowerCase()
    if (field === 'delivered-to') found.push(text.trim())
    if (field !== 'received') continue
    const named = / for <?([^<>\s;]+@[^<>\s;]+)/.exec(text)?.[1]
    if (named !== undefined) found.push(named)
    if (!/127\.0\.0\.1|fetchmail|invoked (?:by uid|from)|^ ?\(qmail/.test(text)) break
  }
  return found
}

/** Messages with the same base subject or the same List-Id, and whatever hangs on those by the other, are one group. */
function groupsOf(messages: readonly Buffer[]): readonly number[] {
  const parents = messages.map((_, i) => i)
  const rootOf = (i: number): number => {
    let at = i
    for (;;) {
      const parent = parents[at] ?? at
      if (parent === at) return at
      at = parent
    }
  }
  const first = new Map<string, number>()
  messages.forEach((octets, i) => {
    for (const key of keysOf(octets)) {
      const other = first.get(key)
      if (other === undefined) first.set(key, i)
      else parents[rootOf(i)] = rootOf(other)
    }
  })
  return parents.map((_, i) => rootOf(i))
}

function keysOf(octets: Buffer): readonly string[] {
  const keys: string[] = []
  for (const { name, value } of headerFields(octets, indexMessage(octets).header)) {
    const field = name.toLowerCase()
    if (field === 'list-id')
      keys.push(`list ${/<([^>]*)>/.exec(unfold(value))?.[1] ?? unfold(value)}`.toLowerCase())
    if (field !== 'subject') continue
    const { text } = baseSubject(decodeWords(unfold(value)))
    const normal = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
    if (normal !== '') keys.push(`subject ${normal}`)
  }
  return keys
}

/** Groups go one by one, the largest first, into the fold that holds least: the same folds every time. */
function foldsOf(groups: readonly number[]): readonly number[] {
  const sizes = Map.groupBy(groups.keys(), (i) => groups[i] ?? 0)
  const filled = Array.from({ length: folds }, () => 0)
  const fold = groups.map(() => 0)
  for (const members of [...sizes.values()].toSorted((a, b) => b.length - a.length)) {
    const least = filled.indexOf(Math.min(...filled))
    filled[least] = (filled[least] ?? 0) + members.length
    for (const i of members) fold[i] = least
  }
  return fold
}
