import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letter, page, sample } from '../sample-message.fixture.ts'
import { factsOf } from './message-text.ts'

const shown = (html: string): string => sample(page(html)).text.html.replace(/\s+/g, ' ').trim()

test('what a reader does not see is no text', () => {
  const hidden = [
    '<div style="display:none">no</div>',
    '<span style="visibility: hidden">no</span>',
    '<font color="#FFFFFE">no</font>',
    '<p style="font-size:0px">no</p>',
    '<p style="color:rgb(250, 255, 255)">no</p>',
    '<table bgcolor="black"><td><font color=#000>no</font></td></table>',
    '<div hidden>no</div>',
    '<div style="display:none"><b>n</b><br>o</div>',
    '<div style="opacity:0">no</div>',
    '<script>no</script><style>no</style><!-- no -->',
  ]
  for (const html of hidden) assert.equal(shown(`yes ${html} yes`), 'yes yes', html)
})

test('what a reader sees is text, however it is painted', () => {
  const seen = [
    '<td bgcolor="#000"><font color="white">yes</font></td>',
    '<style>td { background: navy }</style><td><font color="white">yes</font></td>',
    '<td background="x.png" style="color:#fff">yes</td>',
    '<a style="color:#fff;background-color:#06c">yes</a>',
    '<p style="font-size:10px">yes</p>',
    '<div style="display:none"></div>yes',
    '<body bgcolor="black" text="white">yes</body>',
    '<noscript>yes</noscript>',
    '<p title="a > b">yes</p>',
  ]
  for (const html of seen) assert.equal(shown(html), 'yes', html)
})

test('links come with what is shown for them, and written ones without', () => {
  const { links } = sample(
    page(
      '<a href="http://a.example/?x=1&amp;y=2"><b>A</b>\n one</a> http://b.example/c. <a name=x>y</a>',
    ),
  ).text
  assert.deepEqual(links, [
    { href: 'http://a.example/?x=1&y=2', shown: 'A one' },
    { href: 'http://b.example/c' },
  ])
})

test('written links lose the punctuation around them and keep their brackets', () => {
  const { links } = sample(
    letter(
      {},
      'See (http://a.example/x), www.b.example; "https://c.example/w_(x)" <http://d.example>.\n',
    ),
  ).text
  assert.deepEqual(
    links.map(({ href }) => href),
    ['http://a.example/x', 'http://www.b.example', 'https://c.example/w_(x)', 'http://d.example'],
  )
})

test('a link that never ends, tags that never close and quotes that never close cost no more than their length', () => {
  for (const html of [
    '<a href="',
    '<a href=x>'.repeat(50_000),
    '<div style="'.repeat(40_000),
    '<'.repeat(300_000),
    '&#x'.repeat(100_000),
    '<!--'.repeat(80_000),
    `<p ${'a=b '.repeat(90_000)}>`,
  ]) {
    const { text } = sample(page(html))
    assert.ok(text.links.length <= 400)
    assert.ok(factsOf(text).links.length <= 400)
  }
})

test('attachments are no text of the message, and parts of messages inside it are', () => {
  const parts =
    '--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nno\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\nyes\n--b--\n'
  const { text } = sample(letter({ 'Content-Type': 'multipart/mixed; boundary=b' }, parts))
  assert.equal(text.plain.trim(), 'yes')
})

test('fields are found by any spelling of their name, unfolded and decoded', () => {
  const message = sample(
    letter({ 'X-Word': '=?utf-8?Q?=C3=84?=\n b', 'x-word': 'second', ['__proto__']: 'x' }),
  )
  assert.deepEqual(message.field('X-WORD'), ['Ä b', 'second'])
  assert.deepEqual(message.field('__proto__'), ['x'])
  assert.deepEqual(message.field('constructor'), [])
})

test('our domains are known in any spelling, and none beside them', () => {
  const message = sample(letter(), { ourDomains: ['Example.test', 'm\u00fcnchen.test'] })
  assert.ok(message.isOurs('EXAMPLE.TEST.'))
  assert.ok(message.isOurs('xn--mnchen-3ya.test'))
  assert.ok(!message.isOurs('mail.example.test'))
  assert.ok(!message.isOurs(''))
})
