import assert from 'node:assert/strict'
import { test } from 'node:test'
import { examined, letter, page, symbols } from '../sample-message.fixture.ts'
import { mimeRules, mimeStage } from './mime-stage.ts'

const text =
  'The notes on the compiler that I promised you are in the folder beside the window, and whoever wants them may have them.'
const multipart = (body: string, more: Readonly<Record<string, string>> = {}): Buffer =>
  letter({ 'Content-Type': 'multipart/mixed; boundary=b', ...more }, body)
const alternative = (plain: string, html: string): Buffer =>
  multipart(
    `--b\nContent-Type: text/plain\n\n${plain}\n--b\nContent-Type: text/html\n\n<p>${html}</p>\n--b--\n`,
    { 'Content-Type': 'multipart/alternative; boundary=b' },
  )
const nested = (depth: number): Buffer => {
  const opened = Array.from(
    { length: depth },
    (_, i) => `--b${i}\nContent-Type: multipart/mixed; boundary=b${i + 1}\n\n`,
  )
  return letter(
    { 'Content-Type': 'multipart/mixed; boundary=b0' },
    `${opened.join('')}--b${depth}\n\nx\n`,
  )
}
const parts = (count: number): Buffer => multipart(`${'--b\n\nx\n'.repeat(count)}--b--\n`)
const coded = (
  content: string | Buffer,
  encoding: string,
  type = 'text/plain; charset=utf-8',
): Buffer => {
  const body =
    encoding === 'base64'
      ? Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\n')
      : String(content)
  return letter({ 'Content-Type': type, 'Content-Transfer-Encoding': encoding }, `${body}\n`)
}
const eightBit = (octets: Buffer, charset: string): Buffer =>
  Buffer.concat([letter({ 'Content-Type': `text/plain; charset=${charset}` }, ''), octets])

const cases: Readonly<Record<string, { readonly has: Buffer; readonly near: Buffer }>> = {
  MIME_DEEP: { has: nested(13), near: nested(8) },
  MIME_TOO_DEEP: { has: nested(150), near: nested(50) },
  MIME_MANY_PARTS: { has: parts(501), near: parts(400) },
  MIME_TOO_MANY_PARTS: { has: parts(10_100), near: parts(9_000) },
  MIME_AMBIGUOUS: {
    has: letter({ 'Content-Type': 'text/plain\nContent-Type: text/html' }),
    near: multipart(
      '--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: text/html\n\nx\n--b--\n',
    ),
  },
  MIME_NO_BOUNDARY: {
    has: multipart('nothing of the kind\n'),
    near: multipart('--b\n\nx\n--b--\n'),
  },
  MIME_UNCLOSED: { has: multipart('--b\n\nx\n'), near: multipart('--b\n\nx\n--b--\nbehind it\n') },
  MIME_ENCODED_CONTAINER: {
    has: multipart('--b\n\nx\n--b--\n', { 'Content-Transfer-Encoding': 'base64' }),
    near: multipart('--b\n\nx\n--b--\n', { 'Content-Transfer-Encoding': '8bit' }),
  },
  MIME_VERSION_MISSING: {
    has: multipart('--b\n\nx\n--b--\n', { 'MIME-Version': '' }),
    near: letter({ 'MIME-Version': '' }),
  },
  MIME_ENCODING_UNKNOWN: { has: coded(text, 'x-odd'), near: coded(text, 'Quoted-Printable') },
  TEXT_NEEDLESS_BASE64: { has: coded(text, 'base64'), near: coded(`${text} – ö`, 'base64') },
  TEXT_IMPURE_BASE64: {
    has: letter({ 'Content-Transfer-Encoding': 'base64' }, 'SGVs*bG8g\n'),
    near: letter({ 'Content-Transfer-Encoding': 'base64' }, 'SGVs\nbG8=\n'),
  },
  CHARSET_UNKNOWN: {
    has: coded(text, '7bit', 'text/plain; charset=x-mars'),
    near: coded(text, '7bit', 'text/plain; charset=koi8-r'),
  },
  CHARSET_UTF7: {
    has: coded(text, '7bit', 'text/plain; charset=utf-7'),
    near: coded(text, '7bit', 'text/plain; charset=utf-8'),
  },
  CHARSET_LIE: {
    has: eightBit(Buffer.from('Gr\xfc\xdfe', 'latin1'), 'utf-8'),
    near: eightBit(Buffer.from('Gr\xfc\xdfe', 'latin1'), 'iso-8859-1'),
  },
  HTML_ONLY: { has: page(`<p>${text}</p>`), near: alternative(text, text) },
  HTML_AND_TEXT_DIFFER: {
    has: alternative(
      text,
      'Every watch costs less today because nobody else sells these fine pieces; order several before midnight comes around again',
    ),
    near: alternative(text, `<b>${text}</b>`),
  },
  HTML_IMAGE_ONLY: {
    has: page('<a href="http://x.example/"><img src="cid:a"></a>'),
    near: page(`<img src="cid:a" width="1" height="1"><p>short</p>`),
  },
  HTML_HIDDEN_TEXT: {
    has: page(`<p>Buy.</p><div style="display:none">${text.repeat(5)}</div>`),
    near: page(`<div style="display:none">A line for the list of messages</div><p>${text}</p>`),
  },
  HTML_ACTIVE: {
    has: page(`<p>${text}<script>run()</script>`),
    near: page(`<p>${text} &lt;script>`),
  },
  HTML_FORM: { has: page('<form action="x"><input name=a></form>'), near: page('<input name=a>') },
  HTML_SPLIT_WORDS: {
    has: page('<p>v<!--x-->i<!--x-->a<!--x-->g<!--x-->r<!--x-->a</p>'),
    near: page('<p>a</p><!--x--><p>b</p><!--x-->'),
  },
  TEXT_INVISIBLE: {
    has: letter({}, 'v\u200bi\u200ba gr\u200bra no\u200bw or\u200bder\n'),
    near: letter({}, 'soft\u00adhyphens in\u00adside of long words and\u200b once\n'),
  },
  TEXT_MIXED_SCRIPTS: {
    has: letter({}, 'Your \u0430ccount at p\u0430ypal was l\u043eckd\n'),
    near: letter({}, 'Your account \u043c\u043e\u0439 \u0434\u043e\u043c \u043d\u0430\u0448\n'),
  },
}

test('every sign of structure and text has a case here', () => {
  assert.deepEqual(Object.keys(cases).toSorted(), mimeRules.map(({ symbol }) => symbol).toSorted())
})

for (const [symbol, { has, near }] of Object.entries(cases)) {
  test(`${symbol} is seen where it is, and not in what comes near it`, async () => {
    const found = symbols(await examined(mimeStage(), has))
    assert.ok(found.includes(symbol), found.join())
    assert.ok(!symbols(await examined(mimeStage(), near)).includes(symbol))
  })
}

test('a plain letter and an honest newsletter have next to no sign', async () => {
  assert.deepEqual(symbols(await examined(mimeStage(), letter())), [])
  assert.deepEqual(
    symbols(await examined(mimeStage(), alternative(text, `<img src="cid:a"> ${text} ${text}`))),
    [],
  )
})
