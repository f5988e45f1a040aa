import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testAuthority } from '@posthouse/testkit'
import { makeCertificateFiles, type CertificateFiles } from './house/outbound-certificate.ts'
import { noSignedNames, startSignedNames, type SignedNames } from './house/outbound-names.ts'
import { leafTlsa } from './house/outbound-tls-world.ts'
import { makePlace } from './house/outbound-world.ts'
import { noPostfix, startPostfix, type PrivatePostfix } from './house/postfix.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { sampleMail } from './house/sample-mail.ts'
import { transportTo } from './house/transport.ts'
import { waitFor } from './house/wait-for.ts'

// The suite as an operator runs it, with nothing but its configuration: signed with its own keys, protected by DANE.

const skip = noPostfix() || noSignedNames()
const ada = 'ada@example.test'
let names: SignedNames
let files: CertificateFiles
let postfix: PrivatePostfix
let suite: ProcessSuite

before(async () => {
  if (skip !== false) return
  const place = await makePlace()
  const pair = testAuthority().issue(['anything.test'])
  const records = `@ MX 10 mx\nmx A ${place.address(1)}\n_25._tcp.mx TLSA ${leafTlsa(pair.cert)}`
  names = await startSignedNames({ resolver: place.address(53), authority: place.address(54) }, [
    { name: 'dane.test', trust: 'signed', records },
    { name: 'example.test', trust: 'signed', records: '@ MX 10 mail\nmail A 127.0.0.1' },
    { name: 'dnssec-failed.org', trust: 'bogus', records: '@ A 127.0.0.1' },
  ])
  files = await makeCertificateFiles()
  const { cert, key } = await files.write('dane', pair)
  const settings = {
    smtpd_tls_security_level: 'may',
    smtpd_tls_cert_file: cert,
    smtpd_tls_key_file: key,
  }
  postfix = await startPostfix({
    port: place.port,
    domains: ['dane.test'],
    hosts: [{ address: place.address(1), settings }],
    settings: { smtpd_tls_received_header: 'yes' },
  })
  suite = await ProcessSuite.start({
    env: {
      POSTHOUSE_RESOLVERS: names.address,
      POSTHOUSE_MX_PORT: String(place.port),
      POSTHOUSE_PRIVATE_TARGETS: '127.0.0.0/8',
    },
  })
  await suite.account(ada)
})
after(async () => {
  if (skip !== false) return
  await suite.stop()
  await postfix.stop()
  await files.stop()
  await names.stop()
})

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await suite.posthouse(args)
  assert.equal(code, 0, `posthouse ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

/** Publishes the keys that wait, as `dkim list` shows them. */
async function publish(): Promise<void> {
  const { items } = JSON.parse(await run('dkim', 'list', 'example.test', '--json')) as {
    readonly items: readonly {
      readonly selector: string
      readonly state: string
      readonly split: string
    }[]
  }
  for (const { selector, state, split } of items) {
    if (state !== 'waiting') continue
    await names.add('example.test', `${selector}._domainkey`, 'TXT', split)
    await run('dkim', 'show', 'example.test', selector, '--dns')
  }
}

test('mail leaves signed, over TLS that DANE vouches for', { skip }, async () => {
  if ((await run('dkim', 'list', 'example.test', '-q')) === '')
    await run('dkim', 'create', 'example.test')
  await publish()
  const transport = transportTo(suite, 'submission', { user: ada })
  const to = 'bob@dane.test'
  await transport.sendMail({ envelope: { from: ada, to }, raw: sampleMail(1, ada, to) })
  transport.close()
  const message = await waitFor(
    'the message in Postfix',
    async () => (await postfix.delivered())[0],
  )
  assert.match(message, /using TLSv1\.3/)
  assert.equal(message.match(/^DKIM-Signature: /gm)?.length, 2)
  await waitFor('the ledger', async () =>
    / dane +yes /.test(await run('tls', 'history', 'dane.test')) ? true : undefined,
  )
})
