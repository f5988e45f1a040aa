import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, Resolver } from '@posthouse/dns'
import * as fc from 'fast-check'
import { createAuthenticator } from './authenticator.ts'
import { evidenceResolver } from './evidence-resolver.ts'
import { withoutForgedResults } from './results/forged-results.ts'
import { receivedSpfField } from './results/received-spf.ts'
import { authenticationResultsField } from './results/results-field.ts'
import { readResults } from './results/results-reader.ts'
import { parseTagList } from './tag-list.ts'
import type { AuthenticationVerdict } from './verdict.ts'

const numRuns = process.env['POSTHOUSE_TEST_LONG'] === '1' ? 100_000 : 1000
const standing = { ttlSeconds: 60, isSecure: false }
const nothing: Answer<never> = { kind: 'nodata', ...standing }

/** What records, tags and addresses are made of, and what breaks them. */
const fragments = [
  'v=spf1 |include:|redirect=|exp=|a|mx|ptr|exists:|ip4:192.0.2.1|ip6:::1/0|/24|//64|-all|~|?',
  '%{|}|%{d2r}|%{p}|%{l}|%{S9R-+}|%%|%_| |b.test|.|:|=|;|/',
  'v=DMARC1|p=reject|sp=|np=none|t=y|psd=y|psd=n|adkim=s|rua=mailto:a@b.test',
  'v=DKIM1|k=rsa|k=ed25519|h=|s=email|p=|AAAA|__proto__=|constructor=|toString',
  'v=1|a=rsa-sha256|a=ed25519-sha256|d=b.test|s=x|h=From|bh=AAAA|b=AAAA|l=1|x=1|t=9|i=1|i=@b.test',
  'c=relaxed/simple|cv=none|cv=pass|\r\n|\r\n |\r|\n|\t|\0|"|\\|(|)|<|>|@|,|ü|\u2028|\ud800|=?utf-8?q?=40?=',
].flatMap((line) => line.split('|'))
const piece = fc.constantFrom(...fragments)
const text = fc.oneof(
  fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const signing = 'DKIM-Signature|ARC-Seal|ARC-Message-Signature|ARC-Authentication-Results'
const other = 'From|from |Authentication-Results|Subject|__proto__|constructor|| x'
const fieldName = fc.constantFrom(...`${signing}|${other}`.split('|'))
const message = fc
  .tuple(fc.array(fc.tuple(fieldName, text), { maxLength: 8 }), text)
  .map(
    ([fields, body]) =>
      `${fields.map(([name, value]) => `${name}:${value}\r\n`).join('')}\r\n${body}`,
  )
const answer: fc.Arbitrary<Answer<string>> = fc.oneof(
  fc
    .array(text, { minLength: 1, maxLength: 3 })
    .map((records) => ({ kind: 'records' as const, records, ...standing })),
  fc.constantFrom(
    { kind: 'nxdomain', ...standing },
    { kind: 'nodata', ...standing },
    { kind: 'temporary', because: 'x' },
  ),
)
const input = fc.record({
  address: fc.oneof(fc.constantFrom('192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', '', 'x'), text),
  helo: text,
  mailFrom: fc.oneof(fc.constantFrom('', 'a@b.test', '"a b"@b.test'), text),
  at: fc.constant(new Date('2026-01-01T00:00:00Z')),
})

test('no message, client or DNS makes a check fail, ask without end, or write a field that is none', async () => {
  await fc.assert(
    fc.asyncProperty(
      message,
      input,
      fc.array(answer, { minLength: 1, maxLength: 5 }),
      async (mail, given, answers) => {
        const { resolver, count } = randomResolver(answers)
        const octets = Buffer.from(mail, 'utf8')
        const verdict = await createAuthenticator({ resolver, trustedSealers: ['b.test'] }).check(
          octets,
          given,
        )
        assert.ok(count() < 600, `${count()} questions`)
        assert.equal(verdict.evidence.length, count())
        const { input: _, ...found } = verdict
        assertPlain(found)
        const results = authenticationResultsField(verdict, 'mx.example.test')
        assertField('Authentication-Results', results)
        assertField('Received-SPF', receivedSpfField(verdict, 'mx.example.test'))
        assertReadsBack(results, verdict)
        const again = createAuthenticator({
          resolver: evidenceResolver(verdict.evidence),
          trustedSealers: ['b.test'],
        })
        assert.deepEqual(outcomes(await again.check(octets, given)), outcomes(verdict))
        const left = withoutForgedResults(octets, 'mx.example.test')
        assert.equal(withoutForgedResults(left, 'mx.example.test'), left)
      },
    ),
    { numRuns },
  )
})

test('fields stay fields whatever stands in a verdict', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 400 })
  fc.assert(
    fc.property(anything, anything, anything, (one, two, three) => {
      const spf = {
        result: 'pass',
        identity: 'helo',
        domain: one,
        mechanism: two,
        because: three,
      } as const
      const signature = {
        domain: one,
        selector: two,
        identity: three,
        algorithm: one,
        signature: two,
        isTesting: false,
        unsignedOctets: 0,
      }
      const verdict = {
        input: { address: one, helo: two, mailFrom: three, at: new Date() },
        spf: {
          helo: spf,
          mailFrom: { ...spf, result: 'temperror', identity: 'mailfrom' } as const,
        },
        dkim: [{ ...signature, result: 'fail', because: three } as const],
        dmarc: {
          result: 'fail',
          domain: one,
          policyDomain: two,
          policy: 'reject',
          isTesting: false,
          aligned: [],
          because: three,
        } as const,
        arc: { result: 'pass', sealers: [one], isTrusted: true, because: two } as const,
        reverse: { result: 'pass', name: three, because: '' } as const,
        authenticated: [],
        evidence: [],
      }
      assertField('Authentication-Results', authenticationResultsField(verdict, 'mx.example.test'))
      assertField('Received-SPF', receivedSpfField(verdict, 'mx.example.test'))
      assertReadsBack(authenticationResultsField(verdict, 'mx.example.test'), verdict)
    }),
    { numRuns },
  )
})

test('a tag-list is read in time that grows with its length alone', () => {
  for (const bomb of ['a=1;', ' ', ';', '=', ' \r\n'])
    assert.equal(parseTagList(bomb.repeat(200_000)).ok, false)
  for (const value of [' ', '\r\n ', '= x', '='])
    assert.equal(parseTagList(`a=x${value.repeat(200_000)}y`).ok, true)
})

function randomResolver(answers: readonly Answer<string>[]) {
  const asked = new Set<string>()
  const next = (type: string, name: string): Promise<Answer<string>> => {
    asked.add(`${type} ${name.toLowerCase().replace(/\.$/, '')}`)
    return Promise.resolve(answers[asked.size % answers.length] ?? nothing)
  }
  const resolver: Resolver = {
    a: (name) => next('A', name),
    aaaa: (name) => next('AAAA', name),
    txt: (name) => next('TXT', name),
    cname: (name) => next('CNAME', name),
    ptr: (address) => next('PTR', address),
    async mx(name) {
      const found = await next('MX', name)
      if (found.kind !== 'records') return found
      return { ...found, records: found.records.map((exchange) => ({ exchange, preference: 1 })) }
    },
    tlsa: () => Promise.resolve(nothing),
    srv: () => Promise.resolve(nothing),
    dnssec: () => ({ state: 'unknown', text: '' }),
  }
  return { resolver, count: () => asked.size }
}

/** No control, no half of a character in any text of ours: verdicts are kept as JSON in a database, and shown. */
function assertPlain(verdict: Omit<AuthenticationVerdict, 'input'>): void {
  JSON.stringify(verdict, (_, value: unknown) => {
    if (typeof value !== 'string') return value
    assert.ok(value.isWellFormed() && !/[\x00-\x1f\x7f-\x9f]/.test(value), JSON.stringify(value))
    return value
  })
}

/** A verdict without its words and its evidence: of what was not answered the words are not kept. */
function outcomes({ spf, dkim, dmarc, arc, reverse, authenticated }: AuthenticationVerdict) {
  return [spf.helo, spf.mailFrom, ...dkim, dmarc, arc, reverse, { result: authenticated }].map(
    (each) => ({ ...each, because: '' }),
  )
}

/** One field, folded, ASCII, no line too long (RFC 5322 §2.1.1, §2.2.3). */
function assertField(name: string, field: string): void {
  assert.match(field, /^[\x20-\x7e\t\r\n]*$/)
  assert.ok(field.startsWith(`${name}: `))
  assert.ok(field.endsWith('\r\n'))
  for (const [at, line] of field.slice(0, -2).split('\r\n').entries()) {
    assert.ok(line.length <= 998 && !/[\r\n]/.test(line), line)
    if (at > 0) assert.match(line, /^\t\S/)
  }
}

function assertReadsBack(
  field: string,
  verdict: Parameters<typeof authenticationResultsField>[0],
): void {
  const payload = readResults(field.slice(field.indexOf(':') + 1))
  assert.equal(payload?.authservId, 'mx.example.test')
  const found = payload.results.map(({ method, result }) => `${method}=${result}`)
  const dkim = verdict.dkim.slice(0, 16).map(({ result }) => `dkim=${result}`)
  assert.deepEqual(found, [
    ...(verdict.input.mailFrom === '' ? [] : [`spf=${verdict.spf.mailFrom.result}`]),
    `spf=${verdict.spf.helo.result}`,
    ...(dkim.length === 0 ? ['dkim=none'] : dkim),
    `dmarc=${verdict.dmarc.result}`,
    ...(verdict.arc.result === 'none' ? [] : [`arc=${verdict.arc.result}`]),
    `iprev=${verdict.reverse.result}`,
  ])
}
