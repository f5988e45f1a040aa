import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { app as mx } from '@posthouse/mx'
import { app as submission } from '@posthouse/submission'
import { ConnectionEnded, type RawClient, startSuite, type Suite } from '@posthouse/testkit'
import { type Exchange, parseJamesScript } from './james-script.ts'

const folder = path.join(
  process.env['POSTHOUSE_CORPORA'] ?? '',
  'smtp/james-mpt/mpt/impl/smtp/core/src/main/resources/org/apache/james/smtp/scripts',
)
const hasCorpora = (process.env['POSTHOUSE_CORPORA'] ?? '') !== '' && existsSync(folder)

/** Scripts that log in; ours do that at the other door. */
const atSubmission = new Set(['authplain', 'starttls_session_fixation'])

/** Differences by script and line of what was sent, with the reason. */
const exceptions: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  authplain: {
    2: 'AUTH belongs behind EHLO (RFC 4954 §4)',
    4: 'no exchange has begun',
    6: 'no exchange has begun',
  },
  starttls_session_fixation: {
    25: 'STARTTLS may come at any time; all that came before it is forgotten (RFC 3207 §4.2)',
  },
}

let suite: Suite

/** The code of each reply, several lines counting as one; refusals of either kind are `refused`. */
function codes(lines: readonly string[]): string[] {
  return lines
    .filter((line) => /^\d{3}( |$)/.test(line))
    .map((line) => (/^[45]/.test(line) ? 'refused' : line.slice(0, 3)))
}

/** As many replies as the script expects, or those that came before the connection ended. */
async function replies(client: RawClient, count: number): Promise<string[]> {
  const lines: string[] = []
  try {
    while (codes(lines).length < count) lines.push(await client.readLine())
  } catch (error) {
    if (!(error instanceof ConnectionEnded)) throw error
  }
  return codes(lines)
}

async function play(name: string): Promise<void> {
  const exchanges = parseJamesScript(readFileSync(path.join(folder, `${name}.test`), 'utf8'))
  const client = await suite.connect(atSubmission.has(name) ? 'submission' : 'mx')
  const known = exceptions[name] ?? {}
  const differing: Exchange['line'][] = []
  for (const { line, sends, expects } of exchanges) {
    if (sends.length > 0) client.send(sends.map((text) => `${text}\r\n`).join(''))
    const wanted = codes(expects)
    const came = await replies(client, wanted.length)
    if (came.join() === wanted.join()) continue
    differing.push(line)
    assert.ok(
      known[line] !== undefined,
      `line ${line}: wanted ${wanted.join()}, got ${came.join()}`,
    )
  }
  client.close()
  assert.deepEqual(differing.map(String), Object.keys(known), 'exceptions that are none any more')
}

if (hasCorpora) {
  before(async () => {
    suite = await startSuite({ apps: [mx, submission] })
    for (const name of ['bob', 'starttls']) await suite.account(`${name}@mydomain.tld`, 'secret')
  })
  after(() => suite.stop())
  const names = readdirSync(folder).map((file) => path.basename(file, '.test'))
  for (const name of names.toSorted()) {
    test(`${name} of James’s SMTP scripts goes as the exceptions say`, () => play(name))
  }
} else {
  test('James’s SMTP scripts are not here: none was played', (context) => {
    context.diagnostic('the corpora are absent; set POSTHOUSE_CORPORA to play them')
  })
}
