import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '@posthouse/config'
import { placeOf } from './place.ts'

test('the certificate must be for the name that mail programs are told', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'place-'))
  try {
    const file = path.join(folder, 'posthouse.toml')
    const nameBy = async (text: string): Promise<string> => {
      await writeFile(file, text)
      const config = loadConfig({ env: { POSTHOUSE_DATA: folder }, file })
      return (await placeOf('imap', config)).name
    }
    assert.equal(await nameBy('hostname = "mx.a.test"\n'), 'mx.a.test')
    const told = 'hostname = "mx.a.test"\n[clients]\npublic_host = "mail.a.test"\n'
    assert.equal(await nameBy(told), 'mail.a.test')
  } finally {
    await rm(folder, { recursive: true })
  }
})
