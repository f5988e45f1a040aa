import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let house: CommandHouse
before(async () => {
  house = await openCommandHouse()
  await house.account('ada@example.test')
  await house.account('adam@example.test')
  await house.store.aliases.create('about@example.test', ['ada@example.test'], house.actor)
})
after(() => house.close())

async function words(...typed: readonly string[]): Promise<readonly string[]> {
  const text = await house.ok('complete-words', '--', ...typed)
  return text.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']))
}

test('commands, options, names of the store and files are offered where they belong', async () => {
  const nouns = await words('')
  for (const noun of ['account', 'domain', 'status', 'backup'])
    assert.ok(nouns.includes(noun), noun)
  assert.equal(nouns.includes('run-app'), false)
  assert.ok((await words('account', '')).includes('passwd'))
  assert.ok((await words('account', 'add', '--')).includes('--generate'))
  assert.deepEqual(await words('account', 'passwd', 'ada@'), ['ada@example.test'])
  assert.deepEqual(await words('account', 'passwd', 'a'), ['ada@example.test', 'adam@example.test'])
  assert.deepEqual(await words('dns', 'records', ''), ['example.test'])
  assert.deepEqual(await words('domain', 'disable', ''), ['example.test'])
  assert.deepEqual(await words('domain', 'alias', 'add', 'new.test', ''), ['example.test'])
  assert.deepEqual(await words('alias', 'remove', 'a'), ['about@example.test'])
  const everybody = ['ada@example.test', 'adam@example.test', 'about@example.test']
  assert.deepEqual(await words('alias', 'resolve', 'a'), everybody)
  assert.deepEqual(await words('alias', 'add', 'new@example.test', 'a'), everybody)
  assert.deepEqual(await words('backup', 'create', ''), [':file'])
  assert.deepEqual(await words('nonsense', ''), nouns)
})

test(
  'bash, zsh and fish get a script, and bash completes by it',
  { skip: !existsSync('/bin/bash') },
  async () => {
    for (const shell of ['zsh', 'fish'])
      assert.match(await house.ok('completion', shell), /posthouse/)
    assert.match(await house.refused(2, 'completion', 'dos'), /shells: bash, zsh, fish/)
    const script = await house.file('completion.bash', await house.ok('completion', 'bash'))
    const program = script.replace('completion.bash', 'posthouse')
    const main = fileURLToPath(new URL('../main.ts', import.meta.url))
    const node = `'${process.execPath}' --conditions=@posthouse/source`
    await writeFile(program, `#!/bin/sh\nexec ${node} '${main}' "$@"\n`)
    await chmod(program, 0o755)
    const asked = `source '${script}'; COMP_WORDS=(posthouse account pas); COMP_CWORD=2; _posthouse; echo "\${COMPREPLY[*]}"`
    const env = {
      ...process.env,
      PATH: `${program.replace('/posthouse', '')}:${process.env['PATH'] ?? ''}`,
    }
    const { stdout } = await promisify(execFile)('bash', ['-c', asked], { env, timeout: 60_000 })
    assert.equal(stdout.trim(), 'passwd')
  },
)
