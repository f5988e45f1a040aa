import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  ArcVerdict,
  AuthenticationVerdict,
  DkimVerdict,
  DmarcVerdict,
} from '@posthouse/mail-auth'
import type { FilterMessageInput } from '../filter-message.ts'
import { authentication, examined, letter, spf, symbols } from '../sample-message.fixture.ts'
import { authenticationStage, senderProofRules } from './authentication-stage.ts'

type Known = Partial<AuthenticationVerdict>

const dmarc = (more: Partial<DmarcVerdict>): Known => ({
  dmarc: { ...authentication().dmarc, ...more },
})
const dkim = (more: Partial<DkimVerdict>): Known => {
  const plain = {
    result: 'pass',
    domain: 'elsewhere.example',
    selector: 's',
    identity: '@elsewhere.example',
    algorithm: 'rsa-sha256',
    signature: 'abcd',
    isTesting: false,
    unsignedOctets: 0,
    because: 'for the test',
  } as const
  return { dkim: [{ ...plain, ...more }] }
}
const mailFrom = (
  result: 'pass' | 'fail' | 'softfail' | 'permerror' | 'temperror',
  domain = 'elsewhere.example',
): Known => {
  return { spf: { helo: spf('helo'), mailFrom: { ...spf('mailfrom', result), domain } } }
}
const arc = (more: Partial<ArcVerdict> = {}): Known => {
  return {
    arc: {
      result: 'pass',
      sealers: ['lists.example'],
      isTrusted: true,
      sealed: { sealer: 'lists.example', dmarc: 'pass', dkim: [] },
      because: 'intact',
      ...more,
    },
  }
}
const reverse = (result: 'pass' | 'fail' | 'permerror' | 'temperror'): Known => ({
  reverse: { result, because: 'for the test' },
})
const ours = letter({ From: 'Ada <ada@example.test>' })
const oursByList = letter({ From: 'Ada <ada@example.test>', 'List-Id': '<l.lists.example>' })

const cases: Readonly<
  Record<
    string,
    {
      readonly has: Known
      readonly near: Known
      readonly octets?: Buffer
      readonly nearOctets?: Buffer
      readonly sender?: string
    }
  >
> = {
  SPF_FAIL: { has: mailFrom('fail'), near: { ...mailFrom('fail'), ...arc() } },
  SPF_SOFTFAIL: { has: mailFrom('softfail'), near: mailFrom('temperror') },
  SPF_BROKEN_RECORD: { has: mailFrom('permerror'), near: mailFrom('temperror') },
  HELO_SPF_FAIL: {
    has: { spf: { helo: spf('helo', 'fail'), mailFrom: spf('mailfrom') } },
    near: { spf: { helo: spf('helo', 'softfail'), mailFrom: spf('mailfrom') } },
  },
  DKIM_BROKEN: {
    has: dkim({ result: 'fail' }),
    near: { dkim: [...(dkim({ result: 'fail' }).dkim ?? []), ...(dkim({}).dkim ?? [])] },
  },
  DKIM_UNSIGNED_TAIL: { has: dkim({ unsignedOctets: 1 }), near: dkim({}) },
  DMARC_REJECT: {
    has: dmarc({ result: 'fail', policy: 'reject' }),
    near: { ...dmarc({ result: 'fail', policy: 'reject' }), ...arc() },
  },
  DMARC_QUARANTINE: {
    has: dmarc({ result: 'fail', policy: 'quarantine' }),
    near: dmarc({ result: 'temperror', policy: 'quarantine' }),
  },
  DMARC_FAIL: { has: dmarc({ result: 'fail' }), near: dmarc({ result: 'none' }) },
  DMARC_PASS: { has: dmarc({ result: 'pass' }), near: dmarc({ result: 'none' }) },
  ARC_TRUSTED: { has: arc(), near: arc({ isTrusted: false }) },
  FROM_OURS_FORGED: { has: mailFrom('pass'), near: mailFrom('pass', 'example.test'), octets: ours },
  FROM_OURS_VIA_LIST: { has: { authenticated: ['lists.example'] }, near: {}, octets: oursByList },
  ENVELOPE_OURS_FORGED: {
    has: mailFrom('fail', 'example.test'),
    near: mailFrom('pass', 'example.test'),
    sender: 'ada@example.test',
  },
  REVERSE_MISSING: { has: reverse('permerror'), near: reverse('temperror') },
  REVERSE_MISMATCH: { has: reverse('fail'), near: reverse('pass') },
  UNAUTHENTICATED: { has: {}, near: dkim({ result: 'temperror' }) },
}

const judged = async (
  octets: Buffer,
  known: Known,
  sender = 'grace@elsewhere.example',
): Promise<readonly string[]> => {
  const more: Partial<FilterMessageInput> = {
    sender,
    authentication: Promise.resolve(authentication(known)),
  }
  return symbols(await examined(authenticationStage(), octets, more))
}

test('every sign of authentication has a case here', () => {
  assert.deepEqual(
    Object.keys(cases).toSorted(),
    senderProofRules.map(({ symbol }) => symbol).toSorted(),
  )
})

for (const [symbol, { has, near, octets = letter(), sender }] of Object.entries(cases)) {
  test(`${symbol} is seen where it is, and not in what comes near it`, async () => {
    const found = await judged(octets, has, sender)
    assert.ok(found.includes(symbol), found.join())
    const others = await judged(octets, near, sender)
    assert.ok(!others.includes(symbol), others.join())
  })
}

test('a chain of a sealer who is not trusted changes nothing', async () => {
  const known = { ...dmarc({ result: 'fail', policy: 'reject' }), ...mailFrom('fail') }
  assert.deepEqual(
    await judged(letter(), { ...known, ...arc({ isTrusted: false }) }),
    await judged(letter(), known),
  )
})

test('a failed DMARC with a policy of reject refuses nothing by itself, and is enough for Junk with a failed SPF', async () => {
  const known = { ...dmarc({ result: 'fail', policy: 'reject' }), ...mailFrom('fail') }
  const more = { authentication: Promise.resolve(authentication(known)) }
  const { findings, ruling } = await examined(authenticationStage(), letter(), more)
  const points = findings.reduce((sum, finding) => sum + finding.points, 0)
  assert.equal(ruling, undefined)
  assert.ok(points >= 6 && points < 15, String(points))
})

test('our own domain is believed where a signature of it or of its subdomain passes', async () => {
  assert.ok(
    !(await judged(ours, dkim({ domain: 'mail.example.test' }))).includes('FROM_OURS_FORGED'),
  )
  assert.ok(
    (await judged(ours, dkim({ domain: 'example.test', result: 'fail' }))).includes(
      'FROM_OURS_FORGED',
    ),
  )
  assert.ok(
    (await judged(ours, dkim({ domain: 'example.test', isTesting: true }))).includes(
      'FROM_OURS_FORGED',
    ),
  )
})

test('a program on this machine comes from here, and our own policy on it counts all the same', async () => {
  const more = {
    sender: 'ada@example.test',
    client: { address: '127.0.0.1', helo: 'x', isTls: false },
    authentication: Promise.resolve(
      authentication({ ...reverse('permerror'), ...dmarc({ result: 'fail', policy: 'reject' }) }),
    ),
  }
  const found = symbols(await examined(authenticationStage(), ours, more))
  assert.deepEqual(
    found.filter((symbol) => /OURS|REVERSE|DMARC/.test(symbol)),
    ['DMARC_REJECT'],
  )
})
