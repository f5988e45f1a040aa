import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  StoreUnavailable,
  storeError,
  unavailableReason,
  violatedConstraint,
  whileUnknown,
} from './unavailable.ts'

const server = (code: string): Error =>
  Object.assign(new Error('said the server'), { code, severity: 'ERROR' })
const socket = (code: string): Error => Object.assign(new Error(code), { code })

test('every way in which a database can be away has its reason', () => {
  const expected: readonly (readonly [Error, string])[] = [
    [server('57P01'), 'shutdown'],
    [server('57P02'), 'shutdown'],
    [server('57P03'), 'shutdown'],
    [server('25006'), 'shutdown'],
    [server('53300'), 'busy'],
    [server('53100'), 'resources'],
    [server('58030'), 'resources'],
    [server('08006'), 'connection'],
    [server('57014'), 'timeout'],
    [server('55P03'), 'timeout'],
    [server('25P03'), 'timeout'],
    [server('40001'), 'conflict'],
    [server('40P01'), 'conflict'],
    [server('28P01'), 'access'],
    [server('3D000'), 'access'],
    [socket('ECONNREFUSED'), 'connection'],
    [socket('ENOENT'), 'connection'],
    [socket('EMFILE'), 'connection'],
    [new Error('Connection terminated unexpectedly'), 'connection'],
    [new Error('Connection terminated due to connection timeout'), 'hung'],
    [new Error('Query read timeout'), 'hung'],
    [new Error('timeout exceeded when trying to connect'), 'busy'],
    [new Error('Failed query', { cause: server('57P01') }), 'shutdown'],
    [new Error('wrapped', { cause: new Error('Connection terminated') }), 'connection'],
    [new AggregateError([socket('ECONNREFUSED'), socket('ECONNREFUSED')]), 'connection'],
  ]
  for (const [error, reason] of expected) {
    assert.equal(unavailableReason(error), reason, error.message)
    assert.ok(storeError(error) instanceof StoreUnavailable)
  }
})

test('mistakes and broken constraints are not the database being away', () => {
  for (const error of [
    server('23505'),
    server('42601'),
    server('22021'),
    new TypeError('x'),
    new Error('57P01'),
  ]) {
    assert.equal(unavailableReason(error), undefined)
    assert.equal(storeError(error), error)
  }
  const unique = Object.assign(server('23505'), { constraint: 'address_pkey' })
  assert.equal(violatedConstraint(new Error('Failed query', { cause: unique })), 'address_pkey')
})

function outcome(error: Error): string {
  const mapped = storeError(error, 'unknown')
  return mapped instanceof StoreUnavailable ? mapped.outcome : 'other'
}

test('only a lost connection leaves the outcome of a write unknown', () => {
  assert.equal(outcome(socket('ECONNRESET')), 'unknown')
  assert.equal(outcome(server('57P01')), 'unknown')
  assert.equal(outcome(server('40001')), 'none')
  assert.equal(outcome(server('57014')), 'none')
  assert.equal(outcome(server('53100')), 'none')
})

test('an error keeps what it was first called', () => {
  const first = new StoreUnavailable('hung', 'unknown')
  assert.equal(storeError(first, 'none'), first)
})

test('as long as nobody can look, a lost COMMIT stays unknown; other errors and answers pass', async () => {
  const away = new StoreUnavailable('connection', 'none')
  await assert.rejects(
    whileUnknown(() => Promise.reject(away)),
    { name: 'StoreUnavailable', reason: 'connection', outcome: 'unknown' },
  )
  await assert.rejects(
    whileUnknown(() => Promise.reject(new TypeError('a bug'))),
    TypeError,
  )
  assert.equal(await whileUnknown(() => Promise.resolve(5)), 5)
})
