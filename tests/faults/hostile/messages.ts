/** A message that asks too much of whoever reads it. Every one holds the word `needle`. */
export interface HostileMessage {
  readonly name: string
  readonly octets: () => Buffer
}

const crlf = '\r\n'

function message(...lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join(crlf)}${crlf}`, 'latin1')
}

function numbered(count: number, make: (at: number) => string): string[] {
  return Array.from({ length: count }, (_, at) => make(at))
}

/** Multiparts in one another. */
function nested(depth: number, boundary: (level: number) => string): Buffer {
  const open = numbered(depth, (level) =>
    [
      `Content-Type: multipart/mixed; boundary="${boundary(level)}"`,
      '',
      `--${boundary(level)}`,
    ].join(crlf),
  )
  const close = numbered(depth, (level) => `--${boundary(depth - 1 - level)}--`)
  return message('Subject: needle', ...open, 'Content-Type: text/plain', '', 'the needle', ...close)
}

/** All of them. */
export const hostileMessages: readonly HostileMessage[] = [
  { name: 'multiparts 1,000 deep', octets: () => nested(1000, (level) => `b${level}`) },
  { name: 'multiparts 1,000 deep with one boundary', octets: () => nested(1000, () => 'b') },
  {
    name: 'messages 2,000 deep',
    octets: () =>
      message(
        ...numbered(2000, () => `Content-Type: message/rfc822${crlf}`),
        'Subject: x',
        '',
        'needle',
      ),
  },
  {
    name: '100,000 parts',
    octets: () =>
      message(
        'Subject: x',
        'Content-Type: multipart/mixed; boundary=b',
        '',
        ...numbered(100_000, (at) => `--b${crlf}${crlf}${at === 99_999 ? 'needle' : at}`),
        '--b--',
      ),
  },
  {
    name: 'a header field of 10 MB',
    octets: () =>
      message(
        'Subject: needle',
        `X-Long: ${numbered(160_000, () => 'x'.repeat(62)).join(`${crlf} `)}`,
        '',
        'x',
      ),
  },
  {
    name: 'a header line of 10 MB',
    octets: () => message(`X-Long: ${'y'.repeat(10_000_000)}`, 'Subject: needle', '', 'x'),
  },
  {
    name: '100,000 header fields',
    octets: () =>
      message(...numbered(100_000, (at) => `X-Field-${at}: ${at}`), 'Subject: needle', '', 'x'),
  },
  {
    name: '100,000 addresses',
    octets: () =>
      message(
        `To: ${numbered(100_000, (at) => `"Name ${at}" <a${at}@example.org>`).join(`,${crlf} `)}`,
        'Subject: needle',
        '',
        'x',
      ),
  },
  {
    name: '50,000 parameters in pieces',
    octets: () =>
      message(
        'Subject: needle',
        `Content-Type: text/plain${numbered(50_000, (at) => `;${crlf} name*${at}*=utf-8''x`).join('')}`,
        '',
        'x',
      ),
  },
  {
    name: '50,000 encoded words',
    octets: () =>
      message(
        `Subject: needle${numbered(50_000, () => `${crlf} =?utf-8?q?=C3=A9?=`).join('')}`,
        '',
        'x',
      ),
  },
  {
    name: 'comments and groups that never close',
    octets: () =>
      message(
        `From: ${'('.repeat(50_000)}`,
        `To: ${'a:'.repeat(20_000)}`,
        'Subject: needle',
        '',
        'x',
      ),
  },
  {
    name: 'a Message-ID of 20 kB and a Date of the year 999999',
    octets: () =>
      message(
        `Message-ID: <${'m'.repeat(20_000)}@x>`,
        'Date: Mon, 1 Jan 999999 00:00:00 +9999',
        'Subject: needle',
        '',
        'x',
      ),
  },
  {
    name: 'octets that are no text',
    octets: () =>
      Buffer.concat([
        message(
          'Subject: needle \xc0\x80 \xed\xa0\x80 \xff',
          'From: \xfe <\x80@\x81>',
          'Content-Type: text/plain; charset=nonsense',
          '',
        ),
        Buffer.from(
          Array.from({ length: 20_000 }, (_, at) => 1 + ((at * 7) % 255)).filter(
            (octet) => octet !== 10 && octet !== 13,
          ),
        ),
        Buffer.from('\r\n'),
      ]),
  },
]
