import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isAnswerable, isAnswerableSender } from './answerable.ts'

const own = ['ada@example.test', 'team@example.test']

function answerable(...fields: readonly string[]): boolean {
  const header = Buffer.from(`${fields.join('\r\n')}\r\n\r\nAuto-Submitted: auto-replied\r\n`)
  return isAnswerable(header, header.indexOf('\r\n\r\n') + 4, own)
}

describe('a sender', () => {
  it('that is a person may be answered', () => {
    for (const local of [
      'grace',
      'grace+tag',
      'prvs=0123456789=grace',
      'owner',
      'request',
      'bounty',
      'reply',
      'noreen',
    ]) {
      assert.ok(isAnswerableSender(`${local}@example.org`), local)
    }
  })

  it('that is null, or a machine by its name, is not (RFC 3834 §2)', () => {
    assert.ok(!isAnswerableSender(''))
    for (const local of [
      'MAILER-DAEMON',
      'owner-members',
      'members-owner',
      'members-request',
      'Members-Bounces',
      'bounce-12-ada=example.test',
      'bounces+12',
      'listserv',
      'majordomo',
      'noreply',
      'No-Reply',
      'no_reply',
      'noreply+12',
      'orders-noreply',
      'do-not-reply',
      'donotreply',
      'SRS0=AAAA=BB=example.net=grace',
    ]) {
      assert.ok(!isAnswerableSender(`${local}@example.org`), local)
    }
  })
})

describe('a message', () => {
  it('that names us among its recipients may be answered (RFC 5230 §4.5)', () => {
    for (const field of [
      'To: ada@example.test',
      'to: "Lovelace, Ada" <ADA@Example.Test>',
      'Cc: x@example.org,\r\n Ada <ada+tag@example.test>',
      'Bcc: team@example.test',
      'Resent-To: ada@example.test',
      'To: friends: x@example.org, ada@example.test;',
    ]) {
      assert.ok(answerable('From: g@example.org', field), field)
    }
  })

  it('that does not is not', () => {
    for (const field of [
      'To: undisclosed-recipients:;',
      'To: bob@example.test',
      'To: ada@example.test.example.org',
      'To: "ada@example.test" <x@example.org>',
      'X-To: ada@example.test',
      'Subject: ada@example.test',
    ]) {
      assert.ok(!answerable(field), field)
    }
  })

  it('that nobody wrote, of a list, in bulk, or that asks for silence is not (RFC 3834 §2, RFC 5230 §4.6)', () => {
    for (const field of [
      'Auto-Submitted: auto-replied',
      'auto-submitted: AUTO-GENERATED; type=x',
      'Auto-Submitted: auto-notified',
      'Auto-Submitted:',
      'List-Id: <members.example.org>',
      'List-Unsubscribe: <mailto:x@example.org>',
      'Precedence: bulk',
      'precedence: List',
      'Precedence: junk',
      'X-Auto-Response-Suppress: DR, OOF, AutoReply',
      'X-Auto-Response-Suppress: All',
    ]) {
      assert.ok(!answerable('To: ada@example.test', field), field)
    }
  })

  it('that says that a person wrote it is', () => {
    for (const field of [
      'Auto-Submitted: no',
      'Auto-Submitted: (really) No ; x=y',
      'Precedence: first-class',
      'X-Auto-Response-Suppress: DR, RN',
      'Listen: to this',
    ]) {
      assert.ok(answerable('To: ada@example.test', field), field)
    }
  })
})
