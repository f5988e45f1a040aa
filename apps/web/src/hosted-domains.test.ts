import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startSuite, testActor, type Suite } from '@posthouse/testkit'
import { HostedDomains, type DomainStore } from './hosted-domains.ts'
import { limits } from './limits.ts'

let suite: Suite
let questions: string[]
let clock: number
let hosted: HostedDomains

before(async () => {
  suite = await startSuite({ apps: [] })
  await suite.store.domains.create('example.test', testActor)
  const { domains } = suite.store
  const counted: DomainStore = {
    domains: {
      show(name) {
        questions.push(name)
        return domains.show(name)
      },
      list() {
        questions.push('*')
        return domains.list()
      },
    },
  }
  questions = []
  clock = 0
  hosted = new HostedDomains(counted, () => clock)
})
after(() => suite.stop())

test('a name is looked up once for all who ask at a moment, and again after a while', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => hosted.has('example.test')))
  assert.deepEqual(new Set(answers), new Set([true]))
  assert.deepEqual(questions, ['example.test'])
  assert.equal(await hosted.has('elsewhere.test'), false)
  assert.equal(await hosted.has('elsewhere.test'), false)
  assert.deepEqual(questions, ['example.test', 'elsewhere.test'])
  await suite.store.domains.create('elsewhere.test', testActor)
  assert.equal(await hosted.has('elsewhere.test'), false)
  clock += limits.domainMs
  assert.equal(await hosted.has('elsewhere.test'), true, 'a new domain is served within seconds')
  await suite.store.domains.remove('elsewhere.test', testActor)
})

test('the only domain is known; of several none is told', async () => {
  questions = []
  assert.equal(await hosted.only(), 'example.test')
  await suite.store.domains.create('another.test', testActor)
  assert.equal(await hosted.only(), 'example.test')
  assert.deepEqual(questions, ['*'])
  clock += limits.onlyDomainMs + 1
  assert.equal(await hosted.only(), undefined)
})

test('while the database is away what was known goes on counting', async () => {
  await suite.loseDatabase()
  clock += limits.domainMs
  assert.equal(await hosted.has('example.test'), true)
  await assert.rejects(hosted.has('never-asked.test'))
})
