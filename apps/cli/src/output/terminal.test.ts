import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presentationOf } from './format.ts'
import { formatTable, printable } from './table.ts'
import { formatYaml } from './yaml.ts'

test('a table is as wide as its widest cells, and wide letters count twice', () => {
  const rows = [
    ['ada@example.test', '日本'],
    ['b@example.test', 'x'],
  ]
  assert.equal(
    formatTable(['address', 'name'], rows, false),
    'ADDRESS           NAME\nada@example.test  日本\nb@example.test    x',
  )
})

test('what strangers wrote cannot steer a terminal', () => {
  assert.equal(printable('a\u001b[2Jb\u202ec\nd'), 'a\ufffd[2Jb\ufffdc\ufffdd')
})

test('YAML strings are quoted, so that no text is taken for another thing', () => {
  const value = { kind: 'X', items: [{ a: 'yes', n: 3, t: ['#'] }], none: [], nil: null }
  assert.equal(
    formatYaml(value).trimStart(),
    'kind: "X"\nitems:\n  -\n    a: "yes"\n    n: 3\n    t:\n      - "#"\nnone: []\nnil: null',
  )
})

test('--json is -o json, and unknown formats are named', () => {
  assert.deepEqual(presentationOf({ json: true }), { format: 'json', idsOnly: false, fields: [] })
  assert.deepEqual(presentationOf({ output: 'plain', quiet: true, fields: 'a, b' }), {
    format: 'plain',
    idsOnly: true,
    fields: ['a', 'b'],
  })
  assert.deepEqual(presentationOf({ output: 'xml' }), { unknown: 'xml' })
})
