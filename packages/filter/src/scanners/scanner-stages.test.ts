import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scannerAddress } from './scanner-address.ts'
import { scannerStages, type ScannerSettingValues } from './scanner-stages.ts'

const nothing: ScannerSettingValues = {
  'clamd.address': '',
  'clamd.max-bytes': 1_000,
  'clamd.on-failure': 'defer',
  'clamd.too-large': 'note',
  'rspamd.url': '',
  'rspamd.on-failure': 'pass',
  'rspamd.weight': 1,
  'spamd.address': '',
  'spamd.on-failure': 'tag',
  'spamd.weight': 1,
}

function stages(more: Partial<ScannerSettingValues>) {
  const values = { ...nothing, ...more }
  return scannerStages({ get: (name) => values[name] })
}

test('only those scanners are asked that have an address', () => {
  assert.deepEqual(stages({}), [])
  const all = stages({
    'clamd.address': 'unix:/run/clamav/clamd.ctl',
    'rspamd.url': 'http://127.0.0.1:11333',
    'spamd.address': '127.0.0.1:783',
  })
  assert.deepEqual(
    all.map(({ name, onFailure }) => [name, onFailure]),
    [
      ['clamd', 'defer'],
      ['rspamd', 'pass'],
      ['spamd', 'tag'],
    ],
  )
  assert.deepEqual(stages({ 'clamd.address': 'somewhere', 'spamd.address': '127.0.0.1:0' }), [])
})

test('addresses are paths, hosts with ports, and IPv6 in brackets', () => {
  assert.deepEqual(scannerAddress('unix:/run/x'), { path: '/run/x' })
  assert.deepEqual(scannerAddress('clamd.lan:3310'), { host: 'clamd.lan', port: 3310 })
  assert.deepEqual(scannerAddress('[::1]:3310'), { host: '::1', port: 3310 })
  for (const text of ['', 'clamd', '::1:3310', 'clamd:', 'clamd:65536', 'unix:run', 'a b:1'])
    assert.equal(scannerAddress(text), undefined, text)
})
