import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../limits.ts'
import { progress } from './conversation.ts'
import { ProgressNotices } from './progress-notices.ts'

const wait = limits.progressMs

test('a long command says how far it has come, once in a while and not at once (RFC 9585 §4)', () => {
  const notices = new ProgressNotices('A001', 1000)
  assert.equal(notices.notice(progress(1, 100), 1000 + wait - 1), undefined)
  assert.equal(
    notices.notice(progress(50, 100), 1000 + wait)?.toString(),
    '* OK [INPROGRESS ("A001" 50 100)] Still at it\r\n',
  )
  assert.equal(notices.notice(progress(51, 100), 1001 + wait), undefined)
  assert.ok(notices.notice(progress(99, 100), 1000 + 2 * wait) !== undefined)
})

test('a tag that cannot be named is NIL, and so is a goal that is reached already', () => {
  const text = new ProgressNotices('a]b', 0).notice(progress(100, 100), wait)?.toString()
  assert.equal(text, '* OK [INPROGRESS (NIL 100 NIL)] Still at it\r\n')
})
