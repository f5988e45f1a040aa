import assert from 'node:assert/strict'
import { isAscii } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { simpleParser } from 'mailparser'
import { indexMessage } from '../mime-index.ts'
import { eachLeaf, partOctets } from '../part-text.ts'
import { decodeWords } from '../words.ts'
import { downgrade } from './downgrade.ts'

const seven = { takesEightBit: false }
const eight = { takesEightBit: true }
const mail = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'))

function downgraded(octets: Buffer, target = seven): string {
  const result = downgrade(octets, target)
  assert.ok(result !== undefined, 'it can be said in ASCII')
  return result.toString()
}

const letter = mail(
  'From: "Jürgen \\"J\\" Groß" <j@example.test>, Ada <ada@bücher.example>',
  'To: Freunde: =?utf-8?q?R=C3=A9my?= <r@example.test>, Ἑλένη (mit Grüßen) <h@example.test>;',
  'Subject: Grüße aus Zürich,',
  ' wie =?utf-8?q?gew=C3=BCnscht?=',
  'X-Ort: München',
  'Date: Sat, 28 Nov 2026 12:00:00 +0000',
  'Message-ID: <1@example.test>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="b=1"',
  'Content-Transfer-Encoding: 8bit',
  '',
  'preamble',
  '--b=1',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  '',
  'Schöne Grüße, = und ein Leerzeichen am Ende ',
  `eine Zeile ${'lang '.repeat(30)}mit ß am Ende\t`,
  '',
  '--b=1',
  'Content-Type: application/octet-stream; name="Überblick, sehr lang und mit vielen Wörtern ausgestattet.bin"',
  'Content-Disposition: attachment; filename=Überblick.bin; size=3',
  'Content-Transfer-Encoding: binary',
  '',
  'äöü',
  '--b=1',
  'Content-Type: message/rfc822',
  'Content-Transfer-Encoding: 8bit',
  '',
  'Subject: Gruß',
  '',
  'inner ü',
  '--b=1--',
  'epilogue',
  '',
)

/** What a reader sees: the octets of every leaf. */
function leaves(octets: Buffer): readonly string[] {
  return [...eachLeaf(indexMessage(octets))].map((part) =>
    partOctets(octets, part).toString('latin1'),
  )
}

test('ASCII stays the same octets', () => {
  const plain = mail('Subject: x', '', 'body')
  assert.equal(downgrade(plain, seven), plain)
})

test('a letter in 7 bits says the same: every body octet by octet, every text of the header', async () => {
  const result = downgrade(letter, seven)
  assert.ok(result !== undefined)
  assert.ok(isAscii(result))
  assert.deepEqual(leaves(result), leaves(letter))
  const [before, after] = await Promise.all([simpleParser(letter), simpleParser(result)])
  assert.equal(after.subject, before.subject)
  assert.equal(after.subject, 'Grüße aus Zürich, wie gewünscht')
  const place = after.headerLines.find(({ key }) => key === 'x-ort')?.line ?? ''
  assert.equal(decodeWords(place), 'X-Ort: München')
  assert.equal(after.text, before.text)
  const names = after.from?.value.map(({ name }) => name)
  assert.deepEqual(names, ['Jürgen "J" Groß', 'Ada'])
  assert.equal(after.attachments[0]?.filename, 'Überblick.bin')
  assert.deepEqual(after.attachments[0]?.content, Buffer.from('äöü'))
  for (const line of result.toString().split('\r\n')) assert.ok(line.length <= 998, line)
})

test('the same to Python, with its newest parser', (t) => {
  const result = downgraded(letter)
  const script = `
import sys, json, email, email.policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = list(m.walk())
json.dump([str(m['Subject']), [a.display_name for a in m['From'].addresses], [a.addr_spec for a in m['From'].addresses],
  [a.display_name for a in m['To'].addresses], parts[2].get_filename(), parts[2].get_param('name')[2] if isinstance(parts[2].get_param('name'), tuple) else parts[2].get_param('name'),
  parts[1].get_content(), str(parts[4]['Subject']), [str(d) for p in parts for d in p.defects]], sys.stdout)
`
  const run = spawnSync('python3', ['-c', script], {
    input: result,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
  })
  if (run.error !== undefined) return t.skip(`python3 does not run: ${run.error.message}`)
  assert.equal(run.status, 0, run.stderr)
  const [subject, names, addresses, friends, file, long, text, inner, defects] = JSON.parse(
    run.stdout,
  ) as readonly unknown[]
  assert.equal(subject, 'Grüße aus Zürich, wie gewünscht')
  assert.deepEqual(names, ['Jürgen "J" Groß', 'Ada'])
  assert.deepEqual(addresses, ['j@example.test', 'ada@xn--bcher-kva.example'])
  assert.deepEqual(friends, ['Rémy', 'Ἑλένη'])
  assert.equal(file, 'Überblick.bin')
  assert.equal(long, 'Überblick, sehr lang und mit vielen Wörtern ausgestattet.bin')
  assert.match(String(text), /^Schöne Grüße, = und ein Leerzeichen am Ende \r?\n/)
  assert.equal(inner, 'Gruß')
  assert.deepEqual(defects, [])
})

test('for a host with 8BITMIME the bodies stay, the headers of parts do not', () => {
  const result = downgraded(letter, eight)
  assert.match(result, /\r\n\r\nSchöne Grüße, = und/)
  assert.match(result, /Content-Transfer-Encoding: binary\r\n\r\näöü\r\n/)
  assert.match(result, /filename\*=utf-8''%C3%9Cberblick\.bin;\r\n size=3\r\n/)
  assert.match(result, /Subject: Gruß\r\n\r\ninner ü/)
  const head = result.slice(0, result.indexOf('\r\n\r\n'))
  assert.ok(isAscii(Buffer.from(head)))
})

test('text that never said it was MIME says so then', () => {
  const result = downgraded(mail('Subject: x', '', 'Grüße'))
  assert.equal(
    result,
    [
      'Subject: x',
      'Content-Transfer-Encoding: base64',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      Buffer.from('Grüße').toString('base64'),
    ].join('\r\n'),
  )
  const latin = Buffer.concat([
    mail('Subject: x', '', 'a long enough text, Gr'),
    Buffer.from([0xfc]),
  ])
  assert.match(downgraded(latin), /charset=unknown-8bit\r\n\r\na long enough text, Gr=FC$/)
})

test('what would lose something is left to be refused', () => {
  const refused: Readonly<Record<string, Buffer>> = {
    'an address': mail('From: jürgen@example.test', '', ''),
    'an address in brackets': mail('To: x <jürgen@example.test>', '', ''),
    'a message id': mail('Message-ID: <ü@example.test>', '', ''),
    'a list’s address': mail('List-Post: <mailto:ü@example.test>', '', ''),
    'no UTF-8': Buffer.concat([
      Buffer.from('Subject: '),
      Buffer.from([0xfc, 0x0d, 0x0a, 0x0d, 0x0a]),
    ]),
    'a field’s name': mail('Grüße: x', '', ''),
    'a signature': mail('DKIM-Signature: v=1', 'Subject: ü', '', ''),
    'a signed part': mail(
      'Content-Type: multipart/signed; boundary=b',
      '',
      '--b',
      '',
      'ü',
      '--b',
      'Content-Type: application/pgp-signature',
      '',
      'x',
      '--b--',
    ),
    'a preamble': mail(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      'ü',
      '--b',
      '',
      'x',
      '--b--',
    ),
    'a boundary': mail('Content-Type: multipart/mixed; boundary="ü"', '', '--ü', '', 'x', '--ü--'),
    'base64 that is none': mail('Content-Transfer-Encoding: base64', '', 'ü'),
    'a report': mail('Content-Type: message/delivery-status', '', 'ü'),
    'a broken quoted string': mail('From: "ü <a@example.test>', '', ''),
    'an encoded word beside': mail('From: =?utf-8?q?=C3=BC?= ü <a@example.test>', '', ''),
    'a piece of a parameter': mail('Content-Type: text/plain; name*0="ü"', '', ''),
  }
  for (const [why, octets] of Object.entries(refused))
    assert.equal(downgrade(octets, seven), undefined, why)
})

test('a signed message without 8-bit headers goes as it is to a host with 8BITMIME', () => {
  const signed = mail(
    'Subject: Grüße',
    'Content-Type: multipart/signed; boundary=b',
    '',
    '--b',
    '',
    'ü',
    '--b',
    '',
    'x',
    '--b--',
  )
  assert.match(downgraded(signed, eight), /^Subject: =\?utf-8\?B\?[^?]+\?=\r\n/)
  const within = mail(
    'Content-Type: multipart/signed; boundary=b',
    '',
    '--b',
    'X: ü',
    '',
    'x',
    '--b--',
  )
  assert.equal(downgrade(within, eight), undefined)
})

test('any octets at all come back the same, or not at all', (t) => {
  const seed = Number(process.env['POSTHOUSE_SEED'] ?? Date.now() % 1_000_000)
  t.diagnostic(`seed ${seed}`)
  let state = seed
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
  const alphabet = [
    'a',
    ' ',
    '\t',
    '=',
    'ü',
    '\r\n',
    '.',
    '--b',
    '\r\n--b\r\n',
    '"',
    ':',
    '\u{1f600}',
  ]
  const text = (length: number): string =>
    Array.from({ length }, () => alphabet[random(alphabet.length)]).join('')
  let said = 0
  for (let i = 0; i < 2_000; i += 1) {
    const type = ['text/plain', 'application/x', 'multipart/mixed; boundary=b'][random(3)]
    const octets = mail(
      `Content-Type: ${type}`,
      'Content-Transfer-Encoding: 8bit',
      '',
      text(random(80)),
    )
    const result = downgrade(octets, seven)
    if (result === undefined) continue
    said += 1
    assert.ok(isAscii(result))
    assert.deepEqual(leaves(result), leaves(octets), JSON.stringify(octets.toString()))
  }
  assert.ok(said > 500, `${said} of 2000 were said`)
})
