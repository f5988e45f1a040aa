import type { AuthenticationVerdict, SpfVerdict } from '@posthouse/mail-auth'
import { filterMessage, type FilterMessage, type FilterMessageInput } from './filter-message.ts'
import type { Finding, Stage, StageResult } from './stage.ts'

/** When the samples arrive. */
export const arrival = new Date('2026-03-01T12:00:00Z')

/** A header that nothing is said against. */
export const plainHeader: Readonly<Record<string, string>> = {
  Received:
    'from mail.elsewhere.example (mail.elsewhere.example [192.0.2.7]) by mx.example.test; Sun, 1 Mar 2026 11:59:58 +0000',
  From: 'Grace Hopper <grace@elsewhere.example>',
  To: 'Ada Lovelace <ada@example.test>',
  Date: 'Sun, 1 Mar 2026 11:59:50 +0000',
  'Message-ID': '<20260301.115950.4711@elsewhere.example>',
  Subject: 'Notes on the compiler',
  'MIME-Version': '1.0',
  'Content-Type': 'text/plain; charset=utf-8',
}

const body =
  'Dear Ada,\n\nhere are the notes that I promised. Tell me what you think of them.\n\nGrace\n'

/** Fields that differ from the plain ones (empty: left out) and a body: the octets, with CRLF. */
export function letter(fields: Readonly<Record<string, string>> = {}, text = body): Buffer {
  const names = [...new Set([...Object.keys(plainHeader), ...Object.keys(fields)])]
  const lines = names.map((name) => [name, fields[name] ?? plainHeader[name] ?? ''] as const)
  const header = lines
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\n`)
  return Buffer.from(`${header.join('')}\n${text}`.replace(/\r?\n/g, '\r\n'))
}

/** A message as the pipeline sees it. */
export function sample(
  octets: Buffer = letter(),
  more: Partial<FilterMessageInput> = {},
): FilterMessage {
  return filterMessage({
    queueId: '0000000000000000000000TEST',
    direction: 'inbound',
    octets,
    sender: 'grace@elsewhere.example',
    recipients: [{ address: 'ada@example.test', account: '1' }],
    client: {
      address: '192.0.2.7',
      helo: 'mail.elsewhere.example',
      name: 'mail.elsewhere.example',
      isTls: true,
    },
    ourDomains: ['example.test'],
    authentication: Promise.resolve(authentication()),
    receivedAt: arrival,
    ...more,
  })
}

/** An HTML message. */
export function page(html: string, fields: Readonly<Record<string, string>> = {}): Buffer {
  return letter({ 'Content-Type': 'text/html; charset=utf-8', ...fields }, `${html}\n`)
}

/** A message with one attachment. */
export function attached(
  name: string,
  content: Uint8Array | string,
  type = 'application/octet-stream',
): Buffer {
  const encoded = Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\n')
  const lines = [
    '--b1',
    'Content-Type: text/plain',
    '',
    'See what is attached.',
    '--b1',
    `Content-Type: ${type}`,
    `Content-Disposition: attachment; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    encoded,
    '--b1--',
    '',
  ]
  return letter({ 'Content-Type': 'multipart/mixed; boundary=b1' }, lines.join('\n'))
}

/** What one stage finds in octets. */
export function examined(
  stage: Stage,
  octets: Buffer,
  more: Partial<FilterMessageInput> = {},
): Promise<StageResult> {
  return stage.examine(sample(octets, more), new AbortController().signal)
}

/** The symbols of findings, in order of name. */
export function symbols({
  findings,
}: {
  readonly findings: readonly Finding[]
}): readonly string[] {
  return findings.map(({ symbol }) => symbol).toSorted()
}

/** A verdict of a sender of whom nothing is known, with what differs. */
export function authentication(more: Partial<AuthenticationVerdict> = {}): AuthenticationVerdict {
  return {
    input: {
      address: '192.0.2.7',
      helo: 'mail.elsewhere.example',
      mailFrom: 'grace@elsewhere.example',
      at: arrival,
    },
    spf: { helo: spf('helo'), mailFrom: spf('mailfrom') },
    dkim: [],
    dmarc: {
      result: 'none',
      domain: 'elsewhere.example',
      policy: 'none',
      isTesting: false,
      aligned: [],
      because: 'no record',
    },
    arc: { result: 'none', sealers: [], isTrusted: false, because: 'no chain' },
    reverse: { result: 'pass', name: 'mail.elsewhere.example', because: 'the name leads back' },
    authenticated: [],
    evidence: [],
    ...more,
  }
}

/** An SPF verdict of one identity. */
export function spf(
  identity: SpfVerdict['identity'],
  result: SpfVerdict['result'] = 'none',
): SpfVerdict {
  return { result, identity, domain: 'elsewhere.example', because: 'for the test' }
}
