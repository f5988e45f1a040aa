import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baseSubject, decodeWords, headerFields, indexMessage, unfold } from '@posthouse/message'
import { folds, readCorpus } from './corpus.ts'

const without = process.env['POSTHOUSE_CORPORA'] === undefined

test(
  'the corpus is whole, and no subject or list stands in two folds',
  { skip: without },
  async () => {
    const corpus = await readCorpus()
    assert.equal(corpus.filter(({ isSpam }) => !isSpam).length, 1_502)
    assert.equal(corpus.filter(({ isSpam }) => isSpam).length, 663)
    assert.equal(new Set(corpus.map(({ fold }) => fold)).size, folds)
    const seen = new Map<string, number>()
    for (const { octets, fold, name } of corpus) {
      for (const field of headerFields(octets, indexMessage(octets).header)) {
        const value = decodeWords(unfold(field.value)).toLowerCase()
        const what = field.name.toLowerCase()
        if (what !== 'subject' && what !== 'list-id') continue
        const key = what === 'subject' ? baseSubject(value).text.trim() : value
        if (key === '') continue
        assert.equal(seen.get(`${what} ${key}`) ?? fold, fold, `${name}: ${what} ${key}`)
        seen.set(`${what} ${key}`, fold)
      }
    }
  },
)
