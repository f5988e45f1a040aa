import assert from 'node:assert/strict'
import { test } from 'node:test'
import { program, zipOf } from '../archive.fixture.ts'
import { examined, letter, symbols } from '../sample-message.fixture.ts'
import { attachmentStage } from './attachment-stage.ts'
import { everyView } from './every-view.ts'

const coded = (content: Buffer): string => content.toString('base64').replace(/.{76}/g, '$&\n')
const archive = coded(zipOf([{ name: 'invoice.scr', content: program }]))
const part = (boundary: string, body: string): string => `--${boundary}\n${body}\n--${boundary}--\n`
const attachment = `Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n${archive}`
const text = 'Content-Type: text/plain\n\nNothing here.'

/** Ways of showing an attachment to some readers and not to others. */
const ambiguous: Readonly<Record<string, Buffer>> = {
  'two boundaries': letter(
    { 'Content-Type': 'multipart/mixed; boundary=a; boundary=b' },
    part('a', text) + part('b', attachment),
  ),
  'two types': letter(
    { 'Content-Type': 'text/plain\nContent-Type: multipart/mixed; boundary=b' },
    part('b', attachment),
  ),
  'two encodings': letter(
    {
      'Content-Type': 'application/zip',
      'Content-Transfer-Encoding': '7bit\nContent-Transfer-Encoding: base64',
    },
    archive,
  ),
  'a boundary that never comes': letter(
    { 'Content-Type': 'multipart/mixed; boundary="b c"' },
    part('b', attachment),
  ),
  'a multipart that is encoded': letter(
    { 'Content-Type': 'multipart/mixed; boundary=b', 'Content-Transfer-Encoding': 'base64' },
    coded(Buffer.from(part('b', attachment))) + part('b', attachment),
  ),
}

for (const [name, octets] of Object.entries(ambiguous)) {
  test(`an attachment is found in a message with ${name}`, async () => {
    const found = symbols(await examined(attachmentStage(), octets))
    assert.ok(found.includes('ARCHIVE_EXECUTABLE'), found.join())
  })
}

test('names are judged in every part that some reader could see', async () => {
  const octets = letter(
    { 'Content-Type': 'multipart/mixed; boundary=a; boundary=b' },
    part('a', text) + part('b', 'Content-Disposition: attachment; filename="run.vbs"\n\nx'),
  )
  assert.ok(symbols(await examined(attachmentStage(), octets)).includes('ATTACHMENT_SCRIPT'))
})

test('plain text is no attachment, with words on lines of their own', () => {
  const words = 'Hello\nWorld\nthisIsALongWordButNoMoreThanThat\n'
  assert.deepEqual([...everyView(letter({}, words))], [])
})

test('a message that can be read in one way only is not searched this way', async () => {
  const octets = letter(
    {},
    `Quoted from a message:\n\nContent-Disposition: attachment; filename="run.vbs"\n\n${archive}`,
  )
  assert.deepEqual(symbols(await examined(attachmentStage(), octets)), [])
})
