import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startPostgres, type RunningPostgres } from '@posthouse/embedded-postgres'
import { computeFacts } from '@posthouse/message'
import { silentLog } from '@posthouse/telemetry'
import type { AccountId } from './ids.ts'
import { migrate } from './migrate.ts'
import { openStore } from './open-store.ts'
import type { Store } from './store.ts'
import { actor } from './testing/store-house.ts'
import { StoreUnavailable } from './unavailable.ts'
import { newUuid, uuidToBase32 } from './uuid-v7.ts'

const run = promisify(execFile)

/** A small file system needs root, and a machine that lets it mount. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const skip = canMount() ? false : 'needs root and the right to mount'
let folder: string
let disk: string
let server: RunningPostgres

before(async () => {
  if (skip !== false) return
  folder = await mkdtemp(path.join(os.tmpdir(), 'full-'))
  disk = path.join(folder, 'disk')
  await mkdir(disk)
  await chmod(folder, 0o711)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=140m,mode=711', 'none', disk])
  const settings = {
    fsync: 'off',
    max_wal_size: '32MB',
    min_wal_size: '32MB',
    shared_buffers: '16MB',
    wal_buffers: '1MB',
  }
  server = await startPostgres({ dataDir: path.join(disk, 'data'), log: silentLog, settings })
  await migrate(server.url)
})
after(async () => {
  if (skip !== false) return
  await server.stop()
  await run('umount', [disk])
  await rm(folder, { recursive: true, force: true })
})

async function deliver(store: Store, account: AccountId, octets: Buffer): Promise<void> {
  await store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    recipients: [{ account, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }],
  })
}

function bigMessage(n: number): Buffer {
  return Buffer.from(`Subject: ${n}\r\n\r\n${randomBytes(150_000).toString('base64')}\r\n`)
}

test(
  'a full disk refuses mail for now, loses none that was taken, and takes it again when there is room',
  { skip },
  async () => {
    const ballast = path.join(disk, 'ballast')
    await writeFile(ballast, Buffer.alloc(24 * 1024 * 1024, 1))
    const store = await openStore({ database: server.url, app: 'test', unsafe: true })
    await store.domains.create('example.test', actor)
    const made = await store.accounts.create({ address: 'ada@example.test' }, actor)
    assert.ok(made.ok)
    const { id } = made.account
    let taken = 0
    let refused = 0
    while (refused < 5) {
      try {
        await deliver(store, id, bigMessage(taken))
        taken++
      } catch (error) {
        assert.ok(error instanceof StoreUnavailable, String(error))
        refused++
        await sleep(50)
      }
    }
    assert.ok(taken > 20, `${taken} were taken`)
    await rm(ballast)
    for (let isTaken = false; !isTaken;) {
      try {
        await deliver(store, id, Buffer.from('Subject: last\r\n\r\nThere is room again.\r\n'))
        isTaken = true
        taken++
      } catch (error) {
        assert.ok(error instanceof StoreUnavailable, String(error))
        await sleep(100)
      }
    }
    const mailboxes = store.mailboxes(id)
    const inbox = await mailboxes.find('INBOX')
    assert.ok(inbox)
    const view = await store.open(id, inbox.id, { readOnly: true })
    assert.ok(view)
    assert.equal(view.state.size, taken)
    for (let i = 0; i < view.state.size; i++) {
      const octets = await view.octets(view.state.uidAt(i))
      assert.equal(octets?.length, view.state.sizeAt(i))
    }
    view.close()
    assert.deepEqual(await store.check(), [])
    await store.close()
  },
)
