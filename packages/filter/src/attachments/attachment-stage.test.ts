import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { utils, write } from 'cfb'
import { type Packed, program, tarOf, zipOf } from '../archive.fixture.ts'
import { attached, examined, letter, symbols } from '../sample-message.fixture.ts'
import type { StageResult } from '../stage.ts'
import { attachmentStage } from './attachment-stage.ts'
import type { AttachmentPolicy } from './policy.ts'
import { SIGNS } from './signs.ts'

const ole = (...names: readonly string[]): Buffer => {
  const file = utils.cfb_new()
  for (const name of names) utils.cfb_add(file, `/${name}`, Buffer.from('content'))
  return Buffer.from(write(file, { type: 'buffer' }))
}
const zip = (...files: readonly Packed[]): Buffer => zipOf(files)
const iso = Buffer.concat([Buffer.alloc(32_769), Buffer.from('CD001'), Buffer.alloc(2_048)])
const rar = Buffer.from('526172211a0700cf', 'hex')
const picture = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(200, 7)])
const nestedZips = (depth: number): Buffer => {
  let inner = zip({ name: 'note.txt', content: 'x' })
  for (let i = 1; i < depth; i += 1) inner = zip({ name: `level${i}.zip`, content: inner })
  return inner
}
const twoNames = (disposition: string): Buffer =>
  Buffer.from(
    attached('notes.txt', 'x', 'text/plain')
      .toString()
      .replace(
        'Content-Disposition: attachment; filename="notes.txt"',
        `Content-Disposition: attachment; ${disposition}`,
      ),
  )
const smuggler =
  '<html><script>var b = new Blob([atob("TVqQ")]); a.href = URL.createObjectURL(b); a.click()</script></html>'
const raw = (before: string): Buffer =>
  letter({ 'Content-Type': 'multipart/mixed; boundary=b' }, `${before}\n--b\n\nSee above.\n--b--\n`)

const cases: Readonly<Record<keyof typeof SIGNS, { readonly has: Buffer; readonly near: Buffer }>> =
  {
    ATTACHMENT_EXECUTABLE: {
      has: attached('notes.txt', program),
      near: attached('notes.txt', 'MZ is how some texts begin'),
    },
    ATTACHMENT_SCRIPT: { has: attached('run.js', 'x'), near: attached('run.json', 'x') },
    ATTACHMENT_SHORTCUT: { has: attached('a.lnk', 'x'), near: attached('a.link', 'x') },
    ATTACHMENT_DISK_IMAGE: {
      has: attached('backup.bin', iso),
      near: attached('backup.bin', Buffer.alloc(40_000)),
    },
    ATTACHMENT_MACROS: {
      has: attached(
        'a.docx',
        zip(
          { name: '[Content_Types].xml', content: 'x' },
          { name: 'word/vbaProject.bin', content: 'x' },
        ),
      ),
      near: attached(
        'a.docx',
        zip(
          { name: '[Content_Types].xml', content: 'x' },
          { name: 'word/document.xml', content: 'vbaProject.bin' },
        ),
      ),
    },
    ATTACHMENT_DOUBLE_ENDING: {
      has: attached('invoice.pdf.exe', 'x'),
      near: attached('invoice.exe.pdf', 'x'),
    },
    ATTACHMENT_HIDDEN_ENDING: {
      has: twoNames("filename*=utf-8''cod%E2%80%AEfdp.exe"),
      near: twoNames("filename*=utf-8''%D7%A9%D7%9C%D7%95%D7%9D.pdf"),
    },
    ATTACHMENT_NOT_AS_NAMED: {
      has: attached('photo.jpg', program),
      near: attached('photo.exe', program),
    },
    ATTACHMENT_TWO_NAMES: {
      has: twoNames('filename="a.txt"; filename*=utf-8\'\'a.exe'),
      near: twoNames('filename="a.txt"; filename*=utf-8\'\'%C3%A4.txt'),
    },
    ATTACHMENT_POLYGLOT: {
      has: attached('a.jpg', Buffer.concat([picture, zip({ name: 'a.txt', content: 'x' })])),
      near: attached(
        'a.jpg',
        Buffer.concat([picture, zip({ name: 'a.txt', content: 'x' }), picture]),
      ),
    },
    ATTACHMENT_ACTIVE: {
      has: attached('a.html', smuggler),
      near: attached('a.html', '<html><script>track()</script>'),
    },
    ATTACHMENT_HTML: { has: attached('a.htm', 'x'), near: attached('a.html.txt', 'x') },
    ATTACHMENT_PASSWORD_FORM: {
      has: attached('a.html', '<form><input name=p type="password">'),
      near: attached('a.html', '<form><input name=p type="text"> password'),
    },
    ATTACHMENT_PDF_ACTIVE: {
      has: attached('a.pdf', '%PDF-1.4\n<< /S /JavaScript /JS (x) >>'),
      near: attached('a.pdf', '%PDF-1.4\n<< /JavaScripts >>'),
    },
    ATTACHMENT_RTF_OBJECT: {
      has: attached('a.doc', '{\\rtf1 {\\object\\objdata 0105}}'),
      near: attached('a.doc', '{\\rtf1 object data}'),
    },
    ATTACHMENT_ENCRYPTED_DOCUMENT: {
      has: attached('a.docx', ole('EncryptedPackage', 'EncryptionInfo')),
      near: attached('a.doc', ole('WordDocument')),
    },
    ATTACHMENT_WINMAIL: {
      has: attached('winmail.dat', Buffer.from('789f3e2201006d', 'hex')),
      near: attached('winmail.dat', 'x'),
    },
    ARCHIVE_EXECUTABLE: {
      has: attached('a.zip', zip({ name: 'readme', content: program })),
      near: attached('a.zip', zip({ name: 'exe', content: 'x' })),
    },
    ARCHIVE_SCRIPT: {
      has: attached('a.tgz', gzipSync(tarOf([{ name: 'x/run.vbs', content: 'x' }]))),
      near: attached('a.tgz', gzipSync(tarOf([{ name: 'x.vbs/run', content: 'x' }]))),
    },
    ARCHIVE_SHORTCUT: {
      has: attached('a.zip', zip({ name: 'doc.pdf.lnk', content: 'x' })),
      near: attached('a.zip', zip({ name: 'doc.lnk.pdf', content: 'x' })),
    },
    ARCHIVE_DISK_IMAGE: {
      has: attached('a.zip', zip({ name: 'a.iso', content: 'x' })),
      near: attached('a.zip', zip({ name: 'iso', content: 'x' })),
    },
    ARCHIVE_ENCRYPTED: {
      has: attached('a.zip', zip({ name: 'a.txt', content: 'x', isEncrypted: true })),
      near: attached('a.zip', zip({ name: 'a.txt', content: 'x' })),
    },
    ARCHIVE_NOT_INSPECTED: {
      has: attached('notes', rar),
      near: attached('notes', 'Rar! is a sound'),
    },
    ARCHIVE_BROKEN: {
      has: attached('a.zip', zip({ name: 'a.txt', content: 'x' }).subarray(0, 60)),
      near: attached('a.zip', zip()),
    },
    ARCHIVE_TRAVERSAL: {
      has: attached('a.zip', zip({ name: '../../etc/passwd', content: 'x' })),
      near: attached('a.zip', zip({ name: 'a/..b/c', content: 'x' })),
    },
    SCAN_LIMIT: { has: attached('a.zip', nestedZips(4)), near: attached('a.zip', nestedZips(3)) },
    EXECUTABLE_HIDDEN_IN_MIME: {
      has: raw(
        `Content-Transfer-Encoding: base64\n\n${Buffer.from(`4d5a90000300000004000000ffff`, 'hex').toString('base64')}\n`,
      ),
      near: raw('TVqQ'),
    },
  }

for (const [symbol, { has, near }] of Object.entries(cases)) {
  test(`${symbol} is seen where it is, and not in what comes near it`, async () => {
    const found = symbols(await examined(attachmentStage(), has))
    assert.ok(found.includes(symbol), found.join())
    const others = symbols(await examined(attachmentStage(), near))
    assert.ok(!others.includes(symbol), others.join())
  })
}

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
  const { sample } = await import('../sample-message.fixture.ts')
  await assert.rejects(stage.examine(sample(attached('a.zip', nestedZips(2))), AbortSignal.abort()))
})
