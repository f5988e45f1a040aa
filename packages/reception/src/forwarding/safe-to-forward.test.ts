import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuthenticationVerdict, DmarcVerdict } from '@posthouse/mail-auth'
import { ownWord } from '../inspection/own-word.ts'
import { heldBack } from './safe-to-forward.ts'

function known(
  dmarc: Partial<DmarcVerdict> = {},
  arc: Partial<AuthenticationVerdict['arc']> = {},
): AuthenticationVerdict {
  const input = { address: '192.0.2.1', helo: 'x', mailFrom: 'g@example.org', at: new Date(0) }
  const word = ownWord(input, ['example.org'], 'for this test')
  return { ...word, dmarc: { ...word.dmarc, ...dmarc }, arc: { ...word.arc, ...arc } }
}

const fails = { result: 'fail', policy: 'reject', domain: 'example.org' } as const

describe('a message', () => {
  it('goes on where it is delivered, marked or not', () => {
    assert.equal(heldBack({ action: 'deliver' }, known()), undefined)
    assert.equal(heldBack({ action: 'tag' }, known()), undefined)
  })

  it('stays where it looks like spam', () => {
    for (const action of ['junk', 'quarantine', 'reject', 'defer'] as const) {
      assert.equal(heldBack({ action }, known()), 'spam')
    }
  })

  it('stays where its domain wants such mail refused, and goes on where it asks for less', () => {
    assert.equal(heldBack({ action: 'deliver' }, known(fails)), 'dmarc')
    for (const policy of ['none', 'quarantine'] as const) {
      assert.equal(heldBack({ action: 'deliver' }, known({ ...fails, policy })), undefined)
    }
    assert.equal(heldBack({ action: 'deliver' }, known({ ...fails, result: 'pass' })), undefined)
  })

  it('goes on where a trusted seal says that it passed before (RFC 8617), and only then', () => {
    const seal = {
      result: 'pass',
      isTrusted: true,
      sealed: { sealer: 'list.example', dkim: [], dmarc: 'pass' },
    } as const
    assert.equal(heldBack({ action: 'deliver' }, known(fails, seal)), undefined)
    assert.equal(
      heldBack({ action: 'deliver' }, known(fails, { ...seal, isTrusted: false })),
      'dmarc',
    )
  })
})
