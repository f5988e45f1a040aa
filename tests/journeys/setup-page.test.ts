import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startSuite, testActor, type Suite } from '@posthouse/testkit'
import { app as web } from '@posthouse/web'
import { Chromium, type Window, type WindowOptions } from './house/chromium.ts'
import { absent } from './house/run-program.ts'

const skip = absent('chromium')
const ada = 'ada@example.test'
/** As long as an address may be before the at sign. */
const long = `${'w'.repeat(64)}@example.test`
const phone = 390
const images = fileURLToPath(new URL('../../docs/images', import.meta.url))
/** Pictures for the documents are made anew on request: they differ from machine to machine by its fonts. */
const isDrawing = process.env['POSTHOUSE_TEST_IMAGES'] === '1'
let suite: Suite
let chromium: Chromium
let axe: string

before(async () => {
  if (skip !== false) return
  suite = await startSuite({ apps: [web], clients: { name: 'Example Mail' } })
  await suite.account(ada)
  chromium = await Chromium.start()
  axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
})
after(async () => {
  if (skip !== false) return
  await chromium.stop()
  await suite.stop()
})

function address(page: string): string {
  return `https://mail.example.test:${suite.port('https')}${page}`
}

async function open(page: string, options: WindowOptions): Promise<Window> {
  const window = await chromium.open(options)
  await window.page.goto(address(page), { waitUntil: 'load' })
  return window
}

async function draw({ page }: Window, name: string): Promise<void> {
  if (!isDrawing) return
  await mkdir(images, { recursive: true })
  await page.screenshot({ path: path.join(images, `${name}.png`), fullPage: true })
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/**
 * What axe finds wrong (WCAG 2.2 at AA, and its best practices). It runs in a world of its own beside the page, whose policy
 * lets no such script in.
 */
async function accessibility({ page }: Window): Promise<readonly string[]> {
  const session = await page.createCDPSession()
  const { frameTree } = await session.send('Page.getFrameTree')
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
  })
  const run = 'axe.run(document).then(({ violations }) => violations)'
  const { result } = await session.send('Runtime.evaluate', {
    expression: `${axe}\n${run}`,
    contextId,
    awaitPromise: true,
    returnByValue: true,
  })
  await session.detach()
  assert.ok(Array.isArray(result.value), 'axe has run')
  return (result.value as readonly Violation[]).flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
  )
}

/** By how much something is wider than the window. */
async function overflow({ page }: Window): Promise<unknown> {
  return page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
}

/** What has the keyboard: its id, else its text. */
async function focused({ page }: Window): Promise<string> {
  const expression =
    "(({ id, tagName, textContent }) => id || (tagName === 'BODY' ? '' : textContent.trim()))(document.activeElement)"
  return String(await page.evaluate(expression))
}

test('the help page is well in light and dark, on a screen and on a phone', { skip }, async () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const width of [1100, phone, 320]) {
      const whose = width === 320 ? long : ada
      const window = await open(`/setup?address=${whose}#thunderbird`, { width, theme })
      await window.page.waitForSelector('#thunderbird[open]')
      const where = `${theme}, ${width} wide`
      assert.deepEqual(await accessibility(window), [], where)
      assert.equal(await overflow(window), 0, where)
      assert.deepEqual(window.complaints, [], where)
      const kind = width === phone ? 'phone' : 'screen'
      if (width !== 320) await draw(window, `setup-${kind}-${theme}`)
      await window.page.close()
    }
  }
})

test('the page is set up and read by keyboard alone', { skip }, async () => {
  const window = await open('/setup', { width: 1100 })
  const { page } = window
  await page.keyboard.press('Tab')
  assert.equal(await focused(window), 'address')
  await page.keyboard.type(ada)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  assert.equal(new URL(page.url()).searchParams.get('address'), ada)

  // To the second program, and into it.
  for (let i = 0; i < 30 && !(await focused(window)).startsWith('Outlook (classic)'); i += 1)
    await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#outlook[open]')
  assert.equal(await page.$('#thunderbird[open]'), null, 'one at a time')
  const origin = new URL(page.url()).origin
  await page
    .browserContext()
    .overridePermissions(origin, ['clipboard-sanitized-write', 'clipboard-read'])
  await page.keyboard.press('Tab')
  assert.equal(await focused(window), 'Copy')
  await page.keyboard.press('Enter')
  await page.waitForFunction("document.activeElement.textContent === 'Copied'")
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), 'mail.example.test')
  const ring = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
  assert.equal(ring, 'solid', 'where the keyboard is can be seen')
  assert.deepEqual(window.complaints, [])
})

test('without scripts everything is there but the buttons that copy', { skip }, async () => {
  const window = await open(`/setup?address=${ada}`, { width: 1100, hasScripts: false })
  const { page } = window
  assert.equal(await page.$('button.copy'), null)
  await page.click('#iphone > summary')
  const text = await page.$eval('#iphone dl', ({ textContent }) => textContent ?? '')
  assert.match(text, /Host Name\s+mail\.example\.test\s+User Name\s+ada@example\.test/)
  assert.deepEqual(window.complaints, [])
})

test(
  'an address of elsewhere is told so, in the page and to those who hear it',
  { skip },
  async () => {
    const window = await open('/setup?address=eve@elsewhere.test', { width: phone })
    const alert = await window.page.$eval('[role=alert]', ({ textContent }) => textContent)
    assert.match(String(alert), /“eve@elsewhere\.test” is not an address of this server/)
    assert.deepEqual(await accessibility(window), [])
  },
)

test(
  'a profile link leads through its page, which is well, to the settings',
  { skip },
  async () => {
    const made = await suite.store.profileLinks.create({ account: ada, name: 'Phone' }, testActor)
    assert.ok(made.ok)
    const page = `/profile/${made.token.reveal()}`
    for (const theme of ['light', 'dark'] as const) {
      const window = await open(page, { width: phone, theme })
      assert.deepEqual(await accessibility(window), [], theme)
      assert.equal(await overflow(window), 0)
      await draw(window, `profile-phone-${theme}`)
      await window.page.close()
    }
    const window = await open(page, { width: phone })
    await Promise.all([
      window.page.waitForNavigation(),
      window.page.click('button[value=settings]'),
    ])
    assert.match(
      await window.page.$eval('main', ({ textContent }) => textContent ?? ''),
      /this once/,
    )
    assert.deepEqual(await accessibility(window), [])
    assert.equal(await overflow(window), 0)
    await window.page.reload().catch(() => undefined)
    const over = await open(page, { width: phone })
    assert.match(
      await over.page.$eval('h1', ({ textContent }) => textContent ?? ''),
      /link is over/,
    )
    assert.deepEqual(await accessibility(over), [])
  },
)
