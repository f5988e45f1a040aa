import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '@posthouse/config'
import { readTls } from './services.ts'

test('the local certificate is for the name that mail programs are told, too', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'services-'))
  try {
    const file = path.join(folder, 'posthouse.toml')
    await writeFile(file, 'hostname = "mx.a.test"\n[clients]\npublic_host = "mail.a.test"\n')
    const { cert } = await readTls(loadConfig({ env: { POSTHOUSE_DATA: folder }, file }))
    const certificate = new X509Certificate(cert)
    for (const name of ['mx.a.test', 'mail.a.test', 'localhost'])
      assert.ok(certificate.checkHost(name), name)
  } finally {
    await rm(folder, { recursive: true })
  }
})
