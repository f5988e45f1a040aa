import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { testAuthority } from '@posthouse/testkit'
import { makeCertificateFiles } from './house/outbound-certificate.ts'
import { noExim, startExim, type PrivateExim } from './house/outbound-exim.ts'
import { ada, isDeferred } from './house/outbound-house.ts'
import { noSignedNames } from './house/outbound-names.ts'
import { parseReport } from './house/outbound-report.ts'
import { makePlace, startWorld, type OutboundWorld } from './house/outbound-world.ts'
import { absent } from './house/run-program.ts'
import { sampleMail } from './house/sample-mail.ts'
import { waitFor } from './house/wait-for.ts'

// What Exim makes of what we send.

const skip = noSignedNames() || absent('python3') || (await noExim())
let world: OutboundWorld
let exim: PrivateExim
/** A file: Exim's greylist is over when it is there. */
let open = ''

before(async () => {
  if (skip !== false) return
  const place = await makePlace()
  const records = `@ MX 10 mx\nmx A ${place.address(1)}`
  world = await startWorld(place, [{ name: 'exim.test', trust: 'unsigned', records }])
  const files = await makeCertificateFiles()
  world.keep(files)
  const pair = await files.write('exim', testAuthority().issue(['mx.exim.test']))
  open = path.join(path.dirname(pair.cert), 'open')
  exim = await startExim({
    address: place.address(1),
    port: place.port,
    hostname: 'mx.exim.test',
    domains: ['exim.test'],
    resolver: world.names.address,
    settings: {
      tls_advertise_hosts: '*',
      tls_certificate: pair.cert,
      tls_privatekey: pair.key,
      dsn_advertise_hosts: '*',
      smtputf8_advertise_hosts: '*',
      message_size_limit: '50K',
    },
    recipients: `  deny local_parts = nobody
       message = 550 5.1.1 no such mailbox
  defer local_parts = later
       condition = \${if exists{${open}}{no}{yes}}
       message = 451 4.7.1 greylisted`,
  })
  world.keep(exim)
})
after(async () => {
  if (skip === false) await world.stop()
})

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`${String(error)}\nexim:\n${await exim.log()}`, { cause: error })
  }
}

/** The message with this subject, as it stands in its maildir. */
async function arrived(subject: string): Promise<string> {
  return await told(() =>
    waitFor(subject, async () =>
      (await exim.delivered()).find((each) => each.includes(`\nSubject: ${subject}\n`)),
    ),
  )
}

function bodyOf(message: Buffer | string): string {
  const text = message.toString('latin1').replaceAll('\r\n', '\n')
  return text.slice(text.indexOf('\n\n'))
}

describe('Exim', { skip }, () => {
  test('gets a message octet by octet, over TLS', async () => {
    const raw = sampleMail(20, ada, 'bob@exim.test')
    await world.house.submit('bob@exim.test', raw)
    const message = await arrived('message 20')
    assert.equal(bodyOf(message), bodyOf(raw))
    assert.match((await exim.log()) ?? '', / P=esmtps X=TLS1\.3:/)
  })

  test('defers, and takes it at the next try', async () => {
    const to = 'later@exim.test'
    const queueId = await world.house.submit(to, sampleMail(21, ada, to))
    const [item] = await told(() => world.house.settled(queueId, isDeferred))
    assert.match(item?.last?.text ?? '', /greylisted/)
    await writeFile(open, '')
    await world.house.retry(queueId)
    const [over] = await told(() => world.house.settled(queueId))
    assert.equal(over?.state, 'delivered')
    assert.equal(over.attempts, 2)
    await arrived('message 21')
  })

  test('refuses a recipient, and the others get the message', async () => {
    const to = ['one@exim.test', 'nobody@exim.test', 'two@exim.test']
    const queueId = await world.house.submit(to, sampleMail(22, ada, to.join(', ')))
    const items = await told(() => world.house.settled(queueId))
    assert.deepEqual(
      items.map(({ state }) => state),
      ['delivered', 'bounced', 'delivered'],
    )
    const report = await parseReport(await world.house.report('nobody@exim.test'))
    assert.match(
      report.recipients[0]?.['diagnostic-code'] ?? '',
      /^smtp; 550 5\.1\.1 no such mailbox/,
    )
    assert.equal(report.recipients[0]?.['status'], '5.1.1')
  })

  test('is not sent what is larger than it takes', async () => {
    const to = 'large@exim.test'
    const raw = Buffer.concat([sampleMail(23, ada, to), Buffer.alloc(80_000, 'line of text\r\n')])
    const [item] = await told(async () => world.house.settled(await world.house.submit(to, raw)))
    assert.equal(item?.state, 'bounced')
  })

  test('takes a Unicode address', async () => {
    const to = 'j\u00f6rg@exim.test'
    const raw = sampleMail(24, ada, to)
    const [item] = await told(async () => world.house.settled(await world.house.submit(to, raw)))
    assert.equal(item?.state, 'delivered')
  })
})
