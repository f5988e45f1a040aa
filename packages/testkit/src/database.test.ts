import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { emptyDatabase, freshDatabase } from './database.ts'

const isLinux = process.platform === 'linux'
let folder: string

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'tkd-'))
  await chmod(folder, 0o711)
})
after(() => rm(folder, { recursive: true, force: true }))

async function tables(url: string): Promise<readonly string[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  )
  await client.end()
  return rows.map(({ name }) => name)
}

test('fresh databases are migrated, separate, and gone when they are dropped', async () => {
  const [one, two, empty] = await Promise.all([freshDatabase(), freshDatabase(), emptyDatabase()])
  assert.notEqual(one.url, two.url)
  const names = await tables(one.url)
  assert.ok(names.includes('account') && names.includes('mailbox_head'))
  assert.deepEqual(await tables(empty.url), [])
  const client = new Client({ connectionString: two.url })
  client.on('error', () => {})
  await client.connect()
  await client.query('CREATE TABLE mine ()')
  assert.ok(!(await tables(one.url)).includes('mine'))
  for (const each of [one, two, empty]) await each.drop()
  await two.drop()
  await assert.rejects(tables(two.url), { code: '3D000' })
})

test(
  'eight processes that begin at once share one server, which goes with the last of them, however it ends',
  { skip: isLinux ? false : 'the keeper needs Linux' },
  async () => {
    const users = Array.from({ length: 8 }, startUser)
    const urls = await Promise.all(users.map(({ url }) => url))
    const hosts = new Set(urls.map((url) => new URL(url).searchParams.get('host') ?? ''))
    assert.equal(hosts.size, 1)
    const [host = ''] = hosts
    assert.ok(host.startsWith(folder), host)
    const postmaster = Number.parseInt(
      await readFile(path.join(host, '../data/postmaster.pid'), 'utf8'),
      10,
    )
    for (const user of users.slice(1)) user.end()
    assert.ok((await tables(urls[0] ?? '')).includes('account'))
    users[0]?.end()
    while (isAlive(postmaster)) await sleep(20)
    while ((await readdir(folder)).length > 0) await sleep(20)
  },
)

/** A process that takes a database and holds on until it is killed. */
function startUser(): { readonly url: Promise<string>; end(): void } {
  const program = `import { freshDatabase } from '${new URL('database.ts', import.meta.url).href}'
    process.stdout.write((await freshDatabase()).url)
    setInterval(() => {}, 1000)`
  const env = { ...process.env, POSTHOUSE_TEST_DATABASE: '', TMPDIR: folder }
  Reflect.deleteProperty(env, 'NODE_TEST_CONTEXT')
  const args = ['--conditions=@posthouse/source', '--input-type=module-typescript', '-e', program]
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const child = spawn(process.execPath, args, { env, cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text))
  child.on('exit', () => reject(new Error('the process ended')))
  return { url: promise, end: () => child.kill('SIGKILL') }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
