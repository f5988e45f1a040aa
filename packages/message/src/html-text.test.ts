import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { htmlText } from './html-text.ts'

const cases: readonly (readonly [html: string, text: string])[] = [
  ['<b>W</b>ord', 'Word'],
  ['<p>one</p><p>two</p>', '\none\n\ntwo\n'],
  ['one<br>two', 'one\ntwo'],
  ['a<!-- no <b>reader</b> sees this -->b', 'a\nb'],
  ['<style>p { color: red }</STYLE>text', '\ntext'],
  ['<SCRIPT>if (a < b) {}</script >text', '\ntext'],
  ['Gr&uuml;&szlig;e &amp; K&#252;sse &#x41;', 'Grüße & Küsse A'],
  ['&Auml;&AUML;', 'Ää'],
  ['&unheard; &;', '&unheard; &;'],
  ['co&shy;operate', 'cooperate'],
  ['1 < 2 and 3 > 2', '1 < 2 and 3 > 2'],
  ['an end that never comes <a href="x', 'an end that never comes '],
  ['<p title="a > b">text', '\ntext'],
  ["<p title='a > b>text", '\n b>text'],
  ['<p title=a"b>text', '\ntext'],
  ['<style>only style', '\n'],
  ['&#99999999; &#0;', '&#99999999;  '],
]

for (const [html, text] of cases) {
  test(`${html} reads ${JSON.stringify(text)}`, () => {
    assert.equal(htmlText(html), text)
  })
}

test('any text is read, and never becomes longer than itself and a line per tag', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '</',
    '<!--',
    '-->',
    '<style',
    '<b>',
    'a',
    ' ',
    '&',
    '&#1;',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      const html = pieces.join('')
      assert.ok(htmlText(html).length <= html.length)
    }),
  )
})
