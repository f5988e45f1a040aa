import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { completionOf } from './failure.ts'
import { SessionOver } from './session-over.ts'

const lost = new StoreUnavailable('connection', 'unknown')

test('a change of which nobody knows whether it was made is not answered: the session ends', () => {
  for (const name of [
    'APPEND',
    'COPY',
    'UID MOVE',
    'UID STORE',
    'EXPUNGE',
    'UID REPLACE',
    'CLOSE',
  ]) {
    assert.throws(() => completionOf(lost, name, silentLog), SessionOver, name)
  }
})

test('a change that was not made, and a read, are answered NO [UNAVAILABLE]', () => {
  const away = new StoreUnavailable('connection', 'none')
  for (const [error, name] of [
    [away, 'UID MOVE'],
    [lost, 'UID FETCH'],
    [lost, 'LOGIN'],
  ] as const) {
    const { status, code } = completionOf(error, name, silentLog)
    assert.deepEqual([status, code], ['NO', 'UNAVAILABLE'])
  }
})
