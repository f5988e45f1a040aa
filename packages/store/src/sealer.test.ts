import assert from 'node:assert/strict'
import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Sealer, SecretKeyUnfit } from './sealer.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
let folder: string

before(async () => {
  house = await openStoreHouse()
  folder = await mkdtemp(join(tmpdir(), 'posthouse-sealer-'))
})
after(async () => {
  await house.close()
  await rm(folder, { recursive: true, force: true })
})

test('what was sealed opens under its name, in every process with the key, and under no other name', async () => {
  const file = join(folder, 'secret-key')
  const one = new Sealer(house.database, file)
  const [sealed, again] = await Promise.all([
    one.seal('a/1', Buffer.from('secret')),
    new Sealer(house.database, file).seal('a/1', Buffer.from('secret')),
  ])
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.notDeepEqual(sealed, again)
  assert.equal(sealed.includes('secret'), false)
  const other = new Sealer(house.database, file)
  assert.equal((await other.open('a/1', sealed)).toString(), 'secret')
  assert.equal((await one.open('a/1', again)).toString(), 'secret')
  await assert.rejects(other.open('a/2', sealed), SecretKeyUnfit)
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    await assert.rejects(other.open('a/1', changed), SecretKeyUnfit, `octet ${at}`)
  }
})

test(
  'a key that root makes belongs to whom the folder belongs',
  { skip: process.getuid?.() !== 0 },
  async () => {
    const theirs = await mkdtemp(join(folder, 'theirs-'))
    await chown(theirs, 65_534, 65_534)
    const file = join(theirs, 'secret-key')
    const fresh = await openStoreHouse()
    await new Sealer(fresh.database, file).seal('c', Buffer.from('secret'))
    const { uid, gid, mode } = await stat(file)
    assert.deepEqual([uid, gid, mode & 0o777], [65_534, 65_534, 0o600])
    await fresh.close()
  },
)

test('a missing or another key is said to be so, and none is made where secrets exist', async () => {
  const file = join(folder, 'secret-key')
  const sealed = await new Sealer(house.database, file).seal('b', Buffer.from('secret'))
  const missing = new Sealer(house.database, join(folder, 'missing'))
  await assert.rejects(missing.seal('b', Buffer.alloc(1)), /missing is missing/)
  await assert.rejects(stat(join(folder, 'missing')), /ENOENT/)
  await writeFile(join(folder, 'wrong'), 'ab'.repeat(32))
  const wrong = new Sealer(house.database, join(folder, 'wrong'))
  await assert.rejects(wrong.open('b', sealed), /is not the key/)
  // Mended while the process runs: it is read again.
  await writeFile(join(folder, 'wrong'), await readFile(file))
  assert.equal((await wrong.open('b', sealed)).toString(), 'secret')
  await writeFile(join(folder, 'garbled'), 'not a key')
  await assert.rejects(
    new Sealer(house.database, join(folder, 'garbled')).seal('b', Buffer.alloc(1)),
    /64 hexadecimal/,
  )
  await assert.rejects(new Sealer(house.database, undefined).seal('b', Buffer.alloc(1)), /No file/)
})
