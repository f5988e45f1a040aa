/** A whole number from 0 to below. */
export type RandomBelow = (below: number) => number

/** Words of several languages and scripts, and what is awkward in them. */
const words = [
  ...'engine letter Weather Lovelace ANALYTICAL don’t co-operate e-mail ada@example.org v1.2.3 a b I'.split(
    ' ',
  ),
  ...'Grüße straße ÉCOLE cafe\u0301 naïve İstanbul ΟΔΟΣ λόγος привет мир שלום مرحبا'.split(' '),
  ...'会议 酿造 东京都 こんにちは 世界 你 한국어 😀👍'.split(' '),
  ...'=== --- , . (x) <y> "z" %_\\ \' # $5 100% a/b/c x=y&z http://example.org/a?b=c'.split(' '),
]

/** A message of random words in a random shape, charset and encoding. */
export function randomMail(random: RandomBelow, n: number): Buffer {
  const text = (most: number): string => randomPhrase(random, 1 + random(most))
  const head = [
    `From: ${encoded(text(2))} <sender${n % 7}@example.org>`,
    `To: ${encoded(text(2))} <reader@example.test>, other${n % 3}@example.net`,
    `Subject: ${encoded(text(6))}`,
    `Message-ID: <m${n}.${random(1e6)}@example.org>`,
    `X-Words: ${encoded(text(4))}`,
    'MIME-Version: 1.0',
  ]
  const kind = random(5)
  const body = kind === 0 ? html(text(60)) : text(120)
  if (kind === 1) return joined(head, 'text/plain; charset=utf-8', 'base64', body)
  if (kind === 2) return parts(head, text(30), html(text(30)))
  return joined(head, `text/${kind === 0 ? 'html' : 'plain'}; charset=utf-8`, '8bit', body)
}

/** A few random words with random separators. */
export function randomPhrase(random: RandomBelow, count: number): string {
  const separators = [' ', ' ', ' ', ', ', '. ', '\r\n', '  ', '、', '']
  let text = ''
  for (let i = 0; i < count; i++) {
    text += words[random(words.length)] ?? ''
    text += separators[random(separators.length)] ?? ' '
  }
  return text
}

function joined(head: readonly string[], type: string, encoding: string, body: string): Buffer {
  const octets = Buffer.from(body)
  const start = [...head, `Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`, '', '']
  const text = encoding === 'base64' ? Buffer.from(octets.toString('base64')) : octets
  return Buffer.concat([Buffer.from(start.join('\r\n')), text, Buffer.from('\r\n')])
}

function parts(head: readonly string[], plain: string, markup: string): Buffer {
  const start = [...head, 'Content-Type: multipart/alternative; boundary=b', '', ''].join('\r\n')
  return Buffer.from(`${start}${part('plain', plain)}${part('html', markup)}--b--\r\n`)
}

function part(subtype: string, body: string): string {
  const head = `Content-Type: text/${subtype}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit`
  return `--b\r\n${head}\r\n\r\n${body}\r\n`
}

function html(text: string): string {
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('ü', '&uuml;')
  return `<html><body><p>${safe.replaceAll('. ', '.<br>')}</p></body></html>`
}

function encoded(text: string): string {
  const line = text.replaceAll('\r\n', ' ')
  return `=?utf-8?B?${Buffer.from(line.slice(0, 30).toWellFormed()).toString('base64')}?=`
}
