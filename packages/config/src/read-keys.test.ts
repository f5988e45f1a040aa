import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { configKeys } from './keys.ts'
import { readKeys } from './read-keys.ts'
import { fileSchema } from './schema.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'keys-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** Paths of a schema: those of tables below them. */
function pathsOf(schema: z.ZodObject): readonly string[] {
  return Object.entries(schema.shape).flatMap(([name, value]) => {
    const inner: unknown = value instanceof z.ZodOptional ? value.unwrap() : value
    return inner instanceof z.ZodObject ? pathsOf(inner).map((leaf) => `${name}.${leaf}`) : [name]
  })
}

test('every key of the file is described, and no other', () => {
  const described = configKeys.map((key) => key.path)
  assert.deepEqual(described.toSorted(), pathsOf(fileSchema).toSorted())
})

test('each value tells where it comes from, and no password is shown', async () => {
  const file = path.join(folder, 'posthouse.toml')
  await writeFile(
    file,
    'hostname = "mail.example.org"\n[ports]\nmx = 25\n[database]\nurl = "postgres://me:secret@db/x"\n',
  )
  const env = { POSTHOUSE_PORT_MX: '26', POSTHOUSE_BIND: '' }
  const keys = new Map(readKeys({ file, env }).map((key) => [key.path, key]))
  assert.deepEqual(
    [keys.get('hostname')?.value, keys.get('hostname')?.origin],
    ['mail.example.org', file],
  )
  assert.deepEqual(
    [keys.get('ports.mx')?.value, keys.get('ports.mx')?.origin],
    ['26', 'POSTHOUSE_PORT_MX'],
  )
  assert.equal(keys.get('bind')?.origin, 'default')
  assert.equal(keys.get('database.url')?.value, 'postgres://me:[redacted]@db/x')
})

test('no password of a database is shown, however it is written', () => {
  const rows = [
    ['postgres://me:p@ss@db/x', 'postgres://me:[redacted]@db/x'],
    [
      'postgres:///x?host=/run/pg&user=me&password=s3cret',
      /^postgres:\/\/\/x\?.*password=\[redacted\]$/,
    ],
    ['postgres://me:s3cret@one:5432,two:5432/x', '[redacted]'],
    ['postgres://me:12/s3cret@db/x', '[redacted]'],
    ['postgres://me:12#s3cret@db/x', '[redacted]'],
    ['host=db password=s3cret', '[redacted]'],
    ['postgres:///x?host=/run/pg', 'postgres:///x?host=/run/pg'],
  ] as const
  for (const [url, expected] of rows) {
    const keys = readKeys({ file: '/dev/null', env: { DATABASE_URL: url } })
    const value = keys.find((key) => key.path === 'database.url')?.value ?? ''
    if (typeof expected === 'string') assert.equal(value, expected)
    else assert.match(value, expected)
  }
})
