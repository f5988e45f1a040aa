import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexMessage } from '@posthouse/message'
import { hasDoubleEnding, hidesItsEnding, kindOfName } from './endings.ts'
import { namesOf } from './names.ts'

test('a name is judged by the ending that Windows sees', () => {
  const kinds = {
    'a.exe': 'executable',
    'A.EXE. . ': 'executable',
    'a.exe\0.txt': 'executable',
    '..\\..\\x\\run.js': 'script',
    '../../etc/cron.d/a.lnk': 'shortcut',
    'cod\u202excod.exe': 'executable',
    'a.\u200bscr': 'executable',
    'b.iso': 'disk-image',
    'b.docm': 'macros',
    'b.svg': 'markup',
    exe: undefined,
    'a.exe.txt': undefined,
    'a.exe/readme': undefined,
    '.': undefined,
    '': undefined,
  } as const
  for (const [name, kind] of Object.entries(kinds))
    assert.equal(kindOfName(name), kind, JSON.stringify(name))
})

test('two endings are one too many where the first is a document and the last is not', () => {
  assert.ok(hasDoubleEnding('invoice.pdf.exe'))
  assert.ok(hasDoubleEnding('photo.jpg                 .scr'))
  assert.ok(!hasDoubleEnding('setup.1.2.exe'))
  assert.ok(!hasDoubleEnding('page.txt.html'))
  assert.ok(!hasDoubleEnding('backup.tar.gz'))
})

test('a name hides its ending behind marks, blanks or NUL, and not behind a script that is written from the right', () => {
  assert.ok(hidesItsEnding('cod\u202efdp.exe'))
  assert.ok(hidesItsEnding(`a.txt${' '.repeat(40)}.exe`))
  assert.ok(hidesItsEnding('a.exe\0.txt'))
  assert.ok(!hidesItsEnding('\u05e9\u05dc\u05d5\u05dd.pdf'))
})

const named = (fields: string): readonly string[] =>
  namesOf(indexMessage(Buffer.from(`${fields}\r\n\r\nx`)))

test('every name that some reader shows is found', () => {
  const cases: readonly (readonly [fields: string, names: readonly string[]])[] = [
    ['Content-Type: a/b; name=x.txt', ['x.txt']],
    [
      'Content-Type: a/b; name=x.txt\r\nContent-Disposition: attachment; filename=y.txt',
      ['y.txt', 'x.txt'],
    ],
    [
      "Content-Disposition: attachment; filename*=iso-8859-1'de'gr%FC%DFe.txt",
      ['gr\u00fc\u00dfe.txt'],
    ],
    [
      "Content-Disposition: attachment; filename*0*=utf-8''%C3; filename*1*=%A4.txt",
      ['\u00e4.txt'],
    ],
    ['Content-Disposition: attachment; filename*1=b.txt; filename*0=a', ['ab.txt']],
    ['Content-Disposition: attachment; filename="=?utf-8?B?w6QudHh0?="', ['\u00e4.txt']],
    ['Content-Disposition: attachment; filename=a%2Eexe', ['a%2Eexe', 'a.exe']],
    ['Content-Disposition: attachment; filename=""', []],
    ['Content-Disposition: attachment; __proto__=x; filename*__proto__=y', []],
  ]
  for (const [fields, names] of cases) assert.deepEqual(named(fields), names, fields)
})

test('parameters in any number give names in a small one', () => {
  const pieces = Array.from({ length: 500 }, (_, i) => `filename*${i}=${'x'.repeat(200)}`)
  assert.ok(
    named(`Content-Disposition: attachment; ${pieces.join('; ')}`).every(
      ({ length }) => length <= 1_024,
    ),
  )
  const many = Array.from({ length: 120 }, (_, i) => `filename=${i}.txt`)
  assert.ok(named(`Content-Disposition: attachment; ${many.join('; ')}`).length <= 8)
})
