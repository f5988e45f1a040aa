import assert from 'node:assert/strict'
import { lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { giveTree } from './give-tree.ts'

const skip = process.getuid?.() === 0 ? false : 'only root gives files away'

test('a tree is given away, and nothing that a link in it leads to', { skip }, async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'give-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [tree, outside] = [path.join(folder, 'tree'), path.join(folder, 'outside')]
  const names = ['below', 'below/file', 'link', 'nowhere'].map((name) => path.join(tree, name))
  await mkdir(path.join(tree, 'below'), { recursive: true })
  await writeFile(path.join(tree, 'below/file'), '')
  await writeFile(outside, '')
  await symlink(outside, path.join(tree, 'link'))
  await symlink(path.join(folder, 'gone'), path.join(tree, 'nowhere'))
  await giveTree(tree, { uid: 4_321, gid: 4_322 })
  for (const name of [tree, ...names]) {
    const { uid, gid } = await lstat(name)
    assert.deepEqual([uid, gid], [4_321, 4_322], name)
  }
  assert.equal((await lstat(outside)).uid, 0)
})

test('a file that is gone meanwhile is no failure', async () => {
  await giveTree(path.join(os.tmpdir(), 'never-was-there'), { uid: 4_321, gid: 4_322 })
})
