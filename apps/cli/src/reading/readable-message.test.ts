import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { readableLines, readableMessage } from './readable-message.ts'

const octetsOf = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1')

test('words, charsets and transfer encodings are decoded, and HTML is read as text', async () => {
  const message = await readableMessage(
    octetsOf(
      'From: =?koi8-r?B?6dfBzg==?= <ivan@example.org>',
      'To: ada@example.test, Bob <bob@example.test>',
      'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
      'Date: Sun, 1 Mar 2026 12:00:00 +0100',
      'MIME-Version: 1.0',
      'Content-Type: text/html; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '<p>Sch=F6ne <b>Ware</b></p><script>evil()</script>',
    ),
  )
  assert.equal(message.from, '"Иван" <ivan@example.org>')
  assert.equal(message.to, 'ada@example.test, "Bob" <bob@example.test>')
  assert.equal(message.subject, 'Grüße')
  assert.equal(message.date, '2026-03-01T11:00:00.000Z')
  assert.equal(message.text, 'Schöne Ware')
})

test('what is attached is listed by name, type and size', async () => {
  const message = await readableMessage(
    octetsOf(
      'Subject: two parts',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'See the list.',
      '--b',
      'Content-Type: application/zip; name="=?utf-8?Q?l=C3=AFst.zip?="',
      'Content-Disposition: attachment',
      'Content-Transfer-Encoding: base64',
      '',
      'UEsFBgAA',
      '--b--',
    ),
  )
  assert.deepEqual(message.attachments, [{ name: 'lïst.zip', type: 'application/zip', size: 6 }])
  assert.deepEqual(readableLines(message), [
    'Subject: two parts',
    '',
    'See the list.',
    '',
    '[lïst.zip, application/zip, 6 octets]',
  ])
})

test('nothing in it steers a terminal', async () => {
  const message = await readableMessage(
    octetsOf(
      'From: =?utf-8?Q?=1B]0;owned=07?= <x@example.org>',
      'Subject: =?utf-8?Q?=1B[2J?=',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from('one\r\n\u001B[31mred\u009B2J\rover').toString('base64'),
      '--b',
      'Content-Type: application/x-\u001B[2J; name="=?utf-8?Q?a=1B[2Jb?="',
      '',
      'x',
      '--b--',
    ),
  )
  const shown = readableLines(message).join('\n')
  assert.ok(shown.includes('red'))
  assert.doesNotMatch(shown, /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/)
})

test('long text is cut, and said to be', async () => {
  const message = await readableMessage(Buffer.from(`Subject: long\r\n\r\n${'x'.repeat(70_000)}`))
  assert.match(message.text, /x\n\n\(4464 characters more\)$/)
})

test('what is no mail gives empty fields, and no error', async () => {
  for (const octets of [Buffer.alloc(0), Buffer.alloc(5_000, 0xff), Buffer.from('\r\n\r\n--b')]) {
    const message = await readableMessage(octets)
    assert.equal(message.subject, '')
    assert.equal(message.from, '')
    assert.equal(message.date, null)
  }
})

test('every message of the vectors is read', async () => {
  const folder = path.join(import.meta.dirname, '../../../../tests/vectors')
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.eml'))
  for (const name of names) await readableMessage(await readFile(path.join(folder, name)))
  assert.ok(names.length > 0)
})
