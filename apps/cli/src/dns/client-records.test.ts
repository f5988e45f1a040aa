import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '@posthouse/config'
import { clientRecords } from './client-records.ts'

test('no alias is asked for where the server has its own address', () => {
  const { clients } = loadConfig({ env: { POSTHOUSE_HOSTNAME: 'mail.a.test' } })
  const aliasesBy = (publicHost: string): readonly string[] =>
    clientRecords({
      domain: 'a.test',
      hostname: 'mail.a.test',
      addresses: [],
      keys: [],
      clients: { ...clients, publicHost },
    })
      .filter(({ type }) => type === 'CNAME')
      .map(({ name, value }) => `${name} ${value}`)
  assert.ok(aliasesBy('mail.a.test').includes('imap.a.test mail.a.test.'))
  const other = aliasesBy('imap.a.test')
  assert.ok(other.includes('smtp.a.test imap.a.test.'))
  // What the MX record names is no alias (RFC 2181 §10.3).
  assert.deepEqual(
    other.filter((each) => /^(?:mail|imap)\./.test(each)),
    [],
  )
})
