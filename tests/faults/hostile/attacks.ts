import type { PortName } from '@posthouse/config'

/** Something that no honest client sends, and what must come back. */
export interface Attack {
  readonly name: string
  readonly port: PortName
  /** In the mailbox, not at the door. */
  readonly isSignedIn?: boolean
  readonly octets: () => Buffer
  /** What must stand in the answer, up to a probe's answer or the end of the connection. */
  readonly answer: RegExp
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const line = (text: string) => (): Buffer => latin1(`${text}\r\n`)
const refusal = /^(\S+ (BAD|NO|BYE)|-ERR|[45]\d\d) /m

/** 100 kB without CR and LF: the same octets on every run. */
function junk(): Buffer {
  const octets = Buffer.alloc(100_000)
  for (let at = 0; at < octets.length; at += 1) octets[at] = 0x80 + ((at * 31 + (at >> 7)) % 0x80)
  return octets
}

const everyDoor: readonly PortName[] = ['imap', 'pop3', 'mx', 'submission']

const atEveryDoor: readonly Attack[] = everyDoor.flatMap((port): Attack[] => [
  { name: 'a command of 100 kB', port, octets: line(`a1 ${'x'.repeat(100_000)}`), answer: refusal },
  { name: '100 kB of NUL', port, octets: line('\0'.repeat(100_000)), answer: refusal },
  {
    name: '100 kB of 8-bit junk',
    port,
    octets: () => Buffer.concat([junk(), latin1('\r\n')]),
    answer: refusal,
  },
  { name: 'NUL in a command', port, octets: line('NOOP \0\0 NOOP'), answer: refusal },
  { name: 'a TLS handshake without TLS', port, octets: clientHello, answer: refusal },
  {
    name: 'HTTP',
    port,
    octets: line('GET / HTTP/1.1\r\nHost: mail.example.test'),
    answer: refusal,
  },
  { name: 'a lone bracket', port, octets: line('{'), answer: refusal },
  { name: 'a command of CRs', port, octets: line('\r'.repeat(5000)), answer: refusal },
])

function clientHello(): Buffer {
  const record = Buffer.concat([
    Buffer.from('160301020001000001fc0303', 'hex'),
    Buffer.alloc(64, 7),
  ])
  return Buffer.concat([record, latin1('\r\n')])
}

const imapDoor: readonly Attack[] = [
  ['a literal of 4 GB', 'a1 LOGIN {4294967296}'],
  ['a literal of 4 GB that does not wait', 'a1 LOGIN {4294967296+}\r\nxxxx'],
  ['a literal of 2^64', 'a1 LOGIN {18446744073709551616}'],
  ['a literal of 2^64 that does not wait', 'a1 LOGIN {18446744073709551616+}\r\nxxxx'],
  ['a literal below zero', 'a1 LOGIN {-1}'],
  ['a thousand literals', `a1 LOGIN ${'{1+}\r\nx '.repeat(1000)}`],
  ['a flood of brackets', `a1 LOGIN ${'('.repeat(60_000)}`],
  ['base64 without end', `a1 AUTHENTICATE PLAIN ${'A'.repeat(60_000)}`],
  ['a tag of 60 kB', `${'a'.repeat(60_000)} NOOP`],
].map(([name = '', text = '']) => ({ name, port: 'imap', octets: line(text), answer: refusal }))

const imapMailbox: readonly Attack[] = [
  ['a literal of 100 GB for APPEND', 'a1 APPEND INBOX {100000000000}', refusal],
  ['a literal of 4 GB for SELECT', 'a1 SELECT {4294967296}', refusal],
  [
    'a search nested 20,000 deep',
    `a1 SEARCH ${'('.repeat(20_000)}ALL${')'.repeat(20_000)}`,
    refusal,
  ],
  ['a search of 8,000 NOTs', `a1 SEARCH ${'NOT '.repeat(8000)}ALL`, refusal],
  ['a search with 8,000 keys', `a1 SEARCH ${'ALL '.repeat(8000)}ALL`, /^a1 (OK|NO|BAD) /m],
  ['a set of everything there could be', 'a1 UID FETCH 1:4294967295 UID', /^a1 OK /m],
  ['a set of 10,000 ranges', `a1 UID FETCH ${'1:*,'.repeat(10_000)}1 UID`, /^a1 OK /m],
  ['a FETCH of 5,000 items', `a1 FETCH 1 (${'UID '.repeat(5000)}UID)`, /^a1 (OK|NO|BAD) /m],
  ['a part number 1,000 deep', `a1 FETCH 1 BODY[${'1.'.repeat(1000)}1]`, refusal],
  [
    '5,000 header fields',
    `a1 FETCH 1 BODY.PEEK[HEADER.FIELDS (${'a '.repeat(5000)}a)]`,
    /^a1 (OK|NO|BAD) /m,
  ],
  ['a pattern of wildcards', `a1 LIST "" "${'%a*'.repeat(600)}"`, /^a1 (OK|NO|BAD) /m],
  ['a mailbox name of 5 kB', `a1 CREATE "${'m'.repeat(5000)}"`, refusal],
  ['a mailbox 300 levels deep', `a1 CREATE "${'m/'.repeat(300)}m"`, refusal],
  ['a mailbox name of controls', 'a1 CREATE "a\x01\x02b"', refusal],
  ['a mailbox name of raw 8-bit', 'a1 CREATE "\xff\xfe"', refusal],
  ['1,000 keywords', `a1 STORE 1 +FLAGS (${keywords(1000)})`, refusal],
  ['an IDLE answered with junk', 'a1 IDLE\r\n\xff\xff\0\0', refusal],
].map(([name = '', text = '', answer = refusal]) => ({
  name: String(name),
  port: 'imap',
  isSignedIn: true,
  octets: line(String(text)),
  answer: answer instanceof RegExp ? answer : refusal,
}))

function keywords(count: number): string {
  return Array.from({ length: count }, (_, at) => `keyword${at}`).join(' ')
}

const pop3Maildrop: readonly Attack[] = [
  ['TOP of more lines than there are', 'TOP 1 99999999999999999999'],
  ['a message number of 2^64', 'RETR 18446744073709551616'],
  ['a message number below zero', 'DELE -1'],
  ['a thousand arguments', `LIST ${'1 '.repeat(1000)}`],
].map(([name = '', text = '']) => ({
  name,
  port: 'pop3',
  isSignedIn: true,
  octets: line(text),
  answer: /^(-ERR|\+OK)/m,
}))

const smtpDoor: readonly Attack[] = [
  [
    'a recipient of 100 kB',
    `EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<${'r'.repeat(100_000)}@example.test>`,
  ],
  ['a sender of brackets', `EHLO x\r\nMAIL FROM:${'<'.repeat(1500)}`],
  ['a sender of quotes', `EHLO x\r\nMAIL FROM:<"${'\\"'.repeat(700)}`],
  ['200 parameters', `EHLO x\r\nMAIL FROM:<a@b.example>${' X=1'.repeat(200)}`],
  ['a size of 2^64', 'EHLO x\r\nMAIL FROM:<a@b.example> SIZE=18446744073709551616'],
  ['a host name of spaces', `EHLO ${' '.repeat(1500)}`],
  ['a chunk of 4 GB', 'EHLO x\r\nBDAT 4294967296 LAST'],
].map(([name = '', text = '']) => ({ name, port: 'mx', octets: line(text), answer: refusal }))

/** All of them. */
export const attacks: readonly Attack[] = [
  ...atEveryDoor,
  ...imapDoor,
  ...imapMailbox,
  ...pop3Maildrop,
  ...smtpDoor,
]
