import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatText } from './format-text.ts'

test('what a stranger wrote does nothing to a terminal', () => {
  const said = 'a\u001b[2Jb\u009b2Jc\u202ed\u2028e'
  const line = JSON.stringify({ level: 'info', time: '', app: 'mx', event: 'smtp.ehlo', said })
  assert.equal(
    formatText(line),
    ' INFO  mx smtp.ehlo said="a\\u001b[2Jb\\u009b2Jc\\u202ed\\u2028e"\n',
  )
})
