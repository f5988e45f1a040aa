import assert from 'node:assert/strict'
import { test } from 'node:test'
import { examined, letter, page, symbols } from '../sample-message.fixture.ts'
import { allLinkRules, linkStage } from './link-stage.ts'

const words =
  'There is enough said in this message besides the address, so that nobody could call it an address and little else, which would be a sign of its own.'
const link = (href: string, shown = 'here'): Buffer =>
  page(`<p>${words} <a href="${href}">${shown}</a></p>`)
const bare = (address: string): Buffer => letter({}, `${words}\n${address}\n`)
const many = (count: number): Buffer =>
  letter(
    {},
    `${words}\n${Array.from({ length: count }, (_, i) => `http://d${i}.com/`).join('\n')}\n`,
  )

const cases: Readonly<Record<string, { readonly has: Buffer; readonly near: Buffer }>> = {
  LINK_SHOWS_ANOTHER_DOMAIN: {
    has: link('http://evil.com/x', 'https://www.bank.com/login'),
    near: link('https://login.bank.com/', 'www.bank.com'),
  },
  LINK_SHOWS_OURS: {
    has: link('http://evil.com/', 'example.test'),
    near: link('https://mail.example.test/', 'example.test'),
  },
  LINK_TO_ADDRESS: { has: bare('http://198.51.100.7/x'), near: bare('http://192.168.1.1/x') },
  LINK_ADDRESS_DISGUISED: { has: link('http://3325256711/'), near: link('http://198.51.100.7/') },
  LINK_WITH_USERINFO: {
    has: link('https://www.bank.com@evil.com/'),
    near: link('https://evil.com/@www.bank.com'),
  },
  LINK_TO_ODD_PORT: { has: bare('http://a.com:81/'), near: bare('http://a.com:8080/') },
  LINK_HOST_DISGUISED: {
    has: link('https://p\u0430ypal.com/'),
    near: link('https://m\u00fcnchen.example/'),
  },
  LINK_LOOKS_LIKE_OURS: { has: link('https://exarnple.test/'), near: link('https://sample.test/') },
  LINK_SHORTENED: { has: bare('https://bit.ly/x'), near: bare('https://rabbit.ly/x') },
  LINK_REDIRECTS: {
    has: link('https://a.com/?u=http%3A%2F%2Fevil.com%2F'),
    near: link('https://a.com/?u=http%3A%2F%2Fwww.a.com%2F'),
  },
  LINKS_TO_MANY_DOMAINS: { has: many(31), near: many(30) },
  LINK_SCHEME: {
    has: link('data:text/html,x'),
    near: page(`<img src="data:image/png;base64,xx"> ${words}`),
  },
  LINK_ENCODED_HOST: { has: link('http://%65vil.com/'), near: link('http://evil.com/%65') },
  LINK_AND_LITTLE_ELSE: { has: letter({}, 'Look: http://a.com/\n'), near: bare('http://a.com/') },
}

test('every sign of links has a case here', () => {
  assert.deepEqual(
    Object.keys(cases).toSorted(),
    allLinkRules.map(({ symbol }) => symbol).toSorted(),
  )
})

for (const [symbol, { has, near }] of Object.entries(cases)) {
  test(`${symbol} is seen where it is, and not in what comes near it`, async () => {
    const found = symbols(await examined(linkStage(), has))
    assert.ok(found.includes(symbol), found.join())
    const others = symbols(await examined(linkStage(), near))
    assert.ok(!others.includes(symbol), others.join())
  })
}

test('a link that leads to what it shows by way of another house only redirects', async () => {
  const by = link('https://guard.com/?url=https%3A%2F%2Fwww.bank.com%2F', 'https://www.bank.com/')
  assert.deepEqual(symbols(await examined(linkStage(), by)), ['LINK_REDIRECTS'])
})

test('names of files are no addresses, and the host of whoever counts clicks for a newsletter is known', async () => {
  assert.deepEqual(symbols(await examined(linkStage(), link('https://code.com/x', 'main.rs'))), [])
  const counted = page(`<p>${words} <a href="http://click.com/1">www.shop.com</a>`, {
    'List-Unsubscribe': '<https://click.com/u>',
  })
  assert.deepEqual(symbols(await examined(linkStage(), counted)), [])
})
