import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { nestedZips, ole, type Packed, program, rar, twoNames, zipOf } from '../archive.fixture.ts'
import { attached, examined, letter, sample, symbols } from '../sample-message.fixture.ts'
import type { StageResult } from '../stage.ts'
import { attachmentStage } from './attachment-stage.ts'
import type { AttachmentPolicy } from './policy.ts'

const zip = (...files: readonly Packed[]): Buffer => zipOf(files)

const ruled = async (
  octets: Buffer,
  policy?: Partial<AttachmentPolicy>,
): Promise<StageResult['ruling']> => (await examined(attachmentStage(policy), octets)).ruling

test('programs are refused with words that help, other things kept aside, and a plain letter is neither', async () => {
  const refused = await ruled(attached('a.exe', program))
  assert.equal(refused?.kind, 'policy')
  assert.match(refused?.text ?? '', /^[\x20-\x7e]+$/)
  assert.equal((await ruled(attached('a.iso', 'x')))?.kind, 'quarantine')
  assert.equal((await ruled(attached('a.rar', rar)))?.kind, undefined)
  assert.deepEqual(await examined(attachmentStage(), letter()), { findings: [] })
})

test('the policy of each class can be set, and the gravest of several counts', async () => {
  assert.equal(
    await ruled(attached('a.exe', program), { executable: 'tag', disguise: 'tag' }),
    undefined,
  )
  assert.equal(
    (await ruled(attached('a.rar', rar), { 'uninspected-archive': 'reject' }))?.kind,
    'policy',
  )
  const silent = await examined(attachmentStage({ executable: 'pass' }), attached('a.exe', program))
  assert.deepEqual(symbols(silent), [])
  const both = attached(
    'a.zip',
    zip({ name: 'a.iso', content: 'x' }, { name: '../x', content: 'x' }),
  )
  assert.equal(
    (await ruled(both, { 'archived-executable': 'quarantine', disguise: 'reject' }))?.kind,
    'policy',
  )
})

test('an OLE document with macros is known by its directory, and by its octets where that is broken', async () => {
  const macros = ole('WordDocument', '_VBA_PROJECT')
  assert.ok(
    symbols(await examined(attachmentStage(), attached('a.doc', macros))).includes(
      'ATTACHMENT_MACROS',
    ),
  )
  const broken = Buffer.from(macros)
  broken.fill(0xff, 8, 100)
  assert.ok(
    symbols(await examined(attachmentStage(), attached('a.doc', broken))).includes(
      'ATTACHMENT_MACROS',
    ),
  )
})

test('names in an encrypted or broken archive are read all the same', async () => {
  const encrypted = zip({ name: 'invoice.exe', content: 'x', isEncrypted: true })
  assert.equal((await ruled(attached('a.zip', encrypted)))?.kind, 'quarantine')
  const broken = zip({ name: 'invoice.exe', content: 'x' }).subarray(0, -10)
  assert.deepEqual(symbols(await examined(attachmentStage(), attached('a.zip', broken))), [
    'ARCHIVE_BROKEN',
    'ARCHIVE_EXECUTABLE',
  ])
})

test('one entry that cannot be inflated hides none of the others', async () => {
  const archive = zip({ name: 'a.txt', content: 'x'.repeat(900) }, { name: 'b', content: program })
  archive.fill(0xff, 35, 40)
  assert.ok(
    symbols(await examined(attachmentStage(), attached('a.zip', archive))).includes(
      'ARCHIVE_EXECUTABLE',
    ),
  )
})

test('bombs are kept aside, by what they claim and by what comes out of them', async () => {
  const claimed = zip({ name: 'a.txt', content: 'x', claimedSize: 4_000_000_000 })
  const flat = gzipSync(Buffer.alloc(70 * 1024 * 1024))
  const overlapping = zip(
    ...Array.from({ length: 2_100 }, (_, i) => ({ name: `${i}.txt`, content: 'x' })),
  )
  for (const [name, bomb] of [
    ['a.zip', claimed],
    ['a.gz', flat],
    ['b.zip', overlapping],
  ] as const) {
    const { findings, ruling } = await examined(attachmentStage(), attached(name, bomb))
    assert.ok(symbols({ findings }).includes('SCAN_LIMIT'), name)
    assert.equal(ruling?.kind, 'quarantine')
  }
})

test('a program is found under every way a reader may decode a part, and inside a forwarded message', async () => {
  const plain = attached('notes.bin', program).toString('latin1')
  const undeclared = plain.replace(
    'Content-Transfer-Encoding: base64',
    'Content-Transfer-Encoding: 7bit',
  )
  const forwarded = letter({ 'Content-Type': 'message/rfc822' }, plain)
  const uuencoded = letter({}, `See:\n\nbegin 644 notes.exe\n#0V%T\n\`\nend\n`)
  for (const octets of [Buffer.from(undeclared, 'latin1'), forwarded, uuencoded]) {
    assert.ok(symbols(await examined(attachmentStage(), octets)).includes('ATTACHMENT_EXECUTABLE'))
  }
})

test('a name in pieces is put together before it is judged', async () => {
  const octets = twoNames('filename*0="invoice.p"; filename*1="df.s"; filename*2="cr"')
  assert.ok(symbols(await examined(attachmentStage(), octets)).includes('ATTACHMENT_DOUBLE_ENDING'))
  const coded = twoNames('filename="=?utf-8?B?aW52b2ljZS5leGU=?="')
  assert.ok(symbols(await examined(attachmentStage(), coded)).includes('ATTACHMENT_EXECUTABLE'))
})

test('the name under a compression that is not opened is judged, and so is a piece of an archive', async () => {
  const compressed = await examined(attachmentStage(), attached('invoice.scr.xz', 'x'))
  assert.deepEqual(symbols(compressed), ['ARCHIVE_EXECUTABLE', 'ARCHIVE_NOT_INSPECTED'])
  assert.deepEqual(symbols(await examined(attachmentStage(), attached('a.zip.001', 'x'))), [
    'ARCHIVE_NOT_INSPECTED',
  ])
})

test('work that is cancelled stops', async () => {
  const stage = attachmentStage()
  await assert.rejects(stage.examine(sample(attached('a.zip', nestedZips(2))), AbortSignal.abort()))
})
