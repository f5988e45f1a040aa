import { generateKeyPairSync } from 'node:crypto'
import { Zone, zoneResolver } from '@posthouse/dns'
import {
  builtInStages,
  Classifier,
  classifierStage,
  createPipeline,
  filterMessage,
  MemoryTokenStore,
  type FilterMessage,
  type Pipeline,
} from '@posthouse/filter'
import { createAuthenticator, type Authenticator } from '@posthouse/mail-auth'
import { silentLog } from '@posthouse/telemetry'
import { dkimSign } from 'mailauth'
import { makeMessage } from '../mail.ts'
import { cpuSeconds } from '../process-cost.ts'
import type { CorpusMessage } from './corpus.ts'
import type { FilterPeer } from './peers.ts'

/** Messages per second of one core's CPU time, and of the clock on the machine as it was. */
export interface Throughput {
  readonly perCoreSecond: number
  readonly perSecond: number
}

const bytes = 10_000
const distinct = 40
const domain = 'sender.example'
const client = '192.0.2.1'

/** Signed messages of 10 KB. */
async function signedMail(privateKey: string): Promise<readonly Buffer[]> {
  const shape = { seed: 16, bytes } as const
  return Promise.all(
    Array.from({ length: distinct }, async (_, n) => {
      const octets = Buffer.from(
        makeMessage(shape, n)
          .toString('latin1')
          .replace(/^DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*/im, '')
          .replace(/^From: .*$/m, `From: Bench <bench@${domain}>`),
        'latin1',
      )
      const signer = { signingDomain: domain, selector: 's1', privateKey, algorithm: 'rsa-sha256' }
      const { signatures } = await dkimSign(octets, { ...signer, signatureData: [signer] })
      return Buffer.concat([Buffer.from(signatures), octets])
    }),
  )
}

function zoneOf(publicKey: string): Zone {
  return new Zone(
    [
      `${domain}. 3600 TXT "v=spf1 ip4:${client} -all"`,
      `_dmarc.${domain}. 3600 TXT "v=DMARC1; p=reject"`,
      `s1._domainkey.${domain}. 3600 TXT ${quoted(`v=DKIM1; k=rsa; p=${publicKey}`)}`,
      `1.2.0.192.in-addr.arpa. 3600 PTR mail.${domain}.`,
      `mail.${domain}. 3600 A ${client}`,
    ].join('\n'),
  )
}

function quoted(text: string): string {
  return (text.match(/.{1,250}/g) ?? []).map((piece) => `"${piece}"`).join(' ')
}

/** The built-in pipeline with authentication, on one thread, with a classifier that has learnt the corpus. */
export async function ownThroughput(
  corpus: readonly CorpusMessage[],
  seconds: number,
): Promise<Throughput> {
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const mail = await signedMail(keys.privateKey)
  const resolver = zoneResolver(zoneOf(keys.publicKey.toString('base64')))
  const authenticator = createAuthenticator({ resolver })
  const tokens = new MemoryTokenStore()
  await learnAll(new Classifier(tokens), corpus)
  const stages = [...builtInStages(), classifierStage(tokens)]
  const pipeline = createPipeline({ stages, thresholds: { tag: 4, junk: 6 }, log: silentLog })
  const first = await judge(pipeline, authenticator, mail[0] ?? Buffer.alloc(0))
  if (!first.includes('sender.example'))
    throw new Error('the messages of the bench do not authenticate')
  await timed(seconds / 4, mail, (octets) => judge(pipeline, authenticator, octets))
  const before = process.cpuUsage()
  const { count, elapsed } = await timed(seconds, mail, (octets) =>
    judge(pipeline, authenticator, octets),
  )
  const { user, system } = process.cpuUsage(before)
  return { perCoreSecond: count / ((user + system) / 1e6), perSecond: count / elapsed }
}

async function learnAll(classifier: Classifier, corpus: readonly CorpusMessage[]): Promise<void> {
  for (const { octets, isSpam, receivedAt } of corpus) {
    await classifier.learn(view(octets, receivedAt, Promise.race([])), isSpam, undefined)
  }
}

/** @returns the domains that were proven */
async function judge(
  pipeline: Pipeline,
  authenticator: Authenticator,
  octets: Buffer,
): Promise<readonly string[]> {
  const at = new Date()
  const input = { address: client, helo: `mail.${domain}`, mailFrom: `bench@${domain}`, at }
  const authentication = authenticator.check(octets, input)
  await pipeline.judge(view(octets, at, authentication))
  return (await authentication).authenticated
}

function view(
  octets: Buffer,
  receivedAt: Date,
  authentication: FilterMessage['authentication'],
): FilterMessage {
  return filterMessage({
    queueId: '0000000000000000000000TEST',
    direction: 'inbound',
    octets,
    sender: `bench@${domain}`,
    recipients: [],
    client: { address: client, helo: `mail.${domain}`, name: `mail.${domain}`, isTls: true },
    ourDomains: [],
    authentication,
    receivedAt,
  })
}

/** A peer on the same messages, unsigned as it may not ask DNS, one at a time. */
export async function peerThroughput(peer: FilterPeer, seconds: number): Promise<Throughput> {
  const shape = { seed: 16, bytes } as const
  const mail = Array.from({ length: distinct }, (_, n) => makeMessage(shape, n))
  await timed(seconds / 4, mail, (octets) => peer.score(octets))
  const before = await cpuSeconds([peer.pid])
  const { count, elapsed } = await timed(seconds, mail, (octets) => peer.score(octets))
  const spent = (await cpuSeconds([peer.pid])) - before
  return { perCoreSecond: count / Math.max(spent, 0.01), perSecond: count / elapsed }
}

async function timed(
  seconds: number,
  mail: readonly Buffer[],
  work: (octets: Buffer) => Promise<unknown>,
): Promise<{ readonly count: number; readonly elapsed: number }> {
  const start = performance.now()
  for (let count = 0; ; count++) {
    const elapsed = (performance.now() - start) / 1000
    if (elapsed >= seconds && count > 0) return { count, elapsed }
    await work(mail[count % mail.length] ?? Buffer.alloc(0))
  }
}
