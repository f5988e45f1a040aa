import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import {
  nestedZips,
  ole,
  type Packed,
  program,
  rar,
  tarOf,
  twoNames,
  zipOf,
} from '../archive.fixture.ts'
import { attached, examined, letter, symbols } from '../sample-message.fixture.ts'
import { attachmentStage } from './attachment-stage.ts'
import { SIGNS } from './signs.ts'

const zip = (...files: readonly Packed[]): Buffer => zipOf(files)
const iso = Buffer.concat([Buffer.alloc(32_769), Buffer.from('CD001'), Buffer.alloc(2_048)])
const picture = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(200, 7)])
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
