import assert from 'node:assert/strict'
import { test } from 'node:test'
import { examined, letter } from '../sample-message.fixture.ts'
import { type DomainList, urlListStage } from './url-list-stage.ts'

/** A list kept in memory, and what it was asked. */
function listOf(
  listed: Readonly<Record<string, number>>,
  isWell = true,
): DomainList & { readonly asked: string[] } {
  const asked: string[] = []
  const points = new Map(Object.entries(listed))
  return {
    name: 'sample.list',
    asked,
    ask(domain) {
      asked.push(domain)
      const found = points.get(domain)
      return Promise.resolve(
        found === undefined ? undefined : { points: found, reason: `${domain} is on it` },
      )
    },
    health: () => ({ isWell, text: isWell ? 'well' : 'lists everything' }),
  }
}
const links = letter(
  {},
  'http://a.bad.com/ http://www.worse.com/ http://mail.example.test/ http://198.51.100.7/ http://bad.com/\n',
)

test('registrable domains and bare addresses are asked about once, ours never', async () => {
  const list = listOf({})
  const more = { ourDomains: ['example.test'] }
  assert.deepEqual(await examined(urlListStage([list]), links, more), { findings: [] })
  assert.deepEqual(list.asked.toSorted(), ['198.51.100.7', 'bad.com', 'worse.com'])
})

test('a list counts once, with the worst that it says', async () => {
  const stage = urlListStage([listOf({ 'bad.com': 2, 'worse.com': 4 }), listOf({})])
  assert.deepEqual((await examined(stage, links)).findings, [
    { symbol: 'LINK_LISTED_SAMPLE_LIST', points: 4, reason: 'worse.com is on it' },
  ])
})

test('no message makes more questions than there is a bound for', async () => {
  const list = listOf({})
  const many = Array.from({ length: 100 }, (_, i) => `http://d${i}.com/`)
  await examined(urlListStage([list]), letter({}, `${many.join('\n')}\n`))
  assert.equal(list.asked.length, 20)
})

test('a list that is not well is told', () => {
  assert.equal(urlListStage([listOf({})]).health?.().isWell, true)
  assert.deepEqual(urlListStage([listOf({}, false)]).health?.(), {
    isWell: false,
    text: 'sample.list: lists everything',
  })
})
