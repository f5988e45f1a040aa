import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { causeOf, parseReply } from '@posthouse/smtp'

for (const file of ['providers.txt', 'sisimai.txt']) {
  test(`every reply of ${file} has the cause that it is known to have`, async () => {
    const text = await readFile(new URL(file, import.meta.url), 'utf8')
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    assert.ok(lines.length > 100)
    const wrong = lines.flatMap((line) => {
      const [expected = '', host = '', ...rest] = line.split(' | ')
      const answer = parseReply(rest.join(' | '))
      assert.ok(answer, line)
      const { id } = causeOf(answer, host === '-' ? undefined : host)
      return id === expected ? [] : [`${id} instead of ${line}`]
    })
    assert.deepEqual(wrong, [])
  })
}
