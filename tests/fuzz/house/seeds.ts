import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'

const message = 'Subject: x\r\n\r\nbody\r\n'

/** Sessions that are right, as clients send them; what is sent to a door is one of these, damaged. */
export const seeds = {
  imap: [
    'a1 CAPABILITY\r\na2 ID ("name" "x")\r\na3 NAMESPACE\r\na4 LIST "" "*"\r\n',
    `a1 APPEND INBOX (\\Seen) "01-Jan-2024 00:00:00 +0000" {${message.length}+}\r\n${message}\r\n`,
    'a1 SELECT INBOX\r\na2 FETCH 1:* (UID FLAGS ENVELOPE BODYSTRUCTURE)\r\na3 UID FETCH 1 BODY[1.MIME]<0.20>\r\n',
    'a1 SELECT INBOX\r\na2 STORE 1 +FLAGS (\\Flagged $Work)\r\na3 SEARCH OR (SEEN SINCE 1-Jan-2024) NOT TEXT "x"\r\n',
    'a1 SELECT INBOX\r\na2 COPY 1 Trash\r\na3 UID MOVE 1:2 "Archive"\r\na4 EXPUNGE\r\na5 CLOSE\r\n',
    'a1 CREATE "Entw&APw-rfe/x"\r\na2 RENAME "Entw&APw-rfe" y\r\na3 DELETE y/x\r\na4 LSUB "" %\r\n',
    'a1 LIST (SUBSCRIBED) "" ("a*" "%") RETURN (CHILDREN STATUS (MESSAGES UNSEEN))\r\na2 STATUS INBOX (UIDNEXT)\r\n',
    'a1 SELECT {5+}\r\nINBOX\r\na2 IDLE\r\nDONE\r\na3 SEARCH CHARSET UTF-8 SUBJECT {2+}\r\n\xc3\xa9\r\na4 LOGOUT\r\n',
  ],
  pop3: [
    'CAPA\r\nSTAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 1 5\r\n',
    'LIST 1\r\nUIDL 1\r\nDELE 1\r\nRSET\r\nNOOP\r\nQUIT\r\n',
  ],
  mx: [
    'EHLO x\r\nMAIL FROM:<a@example.org> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<fuzz@example.test> NOTIFY=NEVER\r\nDATA\r\n' +
      `${message}.\r\nQUIT\r\n`,
    'HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<"quoted"@example.test>\r\nRSET\r\nVRFY x\r\nNOOP\r\nHELP\r\n',
    'EHLO [127.0.0.1]\r\nMAIL FROM:<@a,@b:c@example.org> RET=HDRS ENVID=x+2By\r\nRCPT TO:<fuzz@example.test> ORCPT=rfc822;a+40b\r\n',
    'EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<fuzz@example.test>\r\nBDAT 12\r\nSubject: x\r\nBDAT 8 LAST\r\n\r\nbody\r\nBDAT 0\r\nBDAT 0 LAST\r\nQUIT\r\n',
    'EHLO x\r\nXCLIENT ADDR=192.0.2.1 PORT=1 HELO=y+2Eexample PROTO=ESMTP\r\nXCLIENT ADDR=IPV6:2001:db8::1 NAME=[UNAVAILABLE]\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<fuzz@example.test>\r\nBDAT 3 LAST\r\nx\r\nQUIT\r\n',
  ],
  submission: [
    'MAIL FROM:<fuzz@example.test>\r\nRCPT TO:<fuzz@example.test>\r\nRCPT TO:<x@elsewhere.example>\r\nDATA\r\n' +
      `From: fuzz@example.test\r\nTo: "x" <fuzz@example.test>\r\n${message}.\r\nQUIT\r\n`,
    'RSET\r\nAUTH PLAIN =\r\nEHLO y\r\nMAIL FROM:<fuzz@example.test> AUTH=<> SMTPUTF8\r\nNOOP\r\n',
  ],
} as const satisfies Record<string, readonly string[]>

/** Sessions out of chasquid's fuzzing corpus; none without the corpora. */
export async function chasquidSeeds(): Promise<string[]> {
  const folder = path.join(process.env['POSTHOUSE_CORPORA'] ?? '', 'smtp/fuzz-seeds-chasquid')
  if ((process.env['POSTHOUSE_CORPORA'] ?? '') === '' || !existsSync(folder)) return []
  const found: string[] = []
  for await (const name of glob('internal/smtpsrv/testdata/fuzz/*/*', { cwd: folder })) {
    const text = await readFile(path.join(folder, name), 'utf8')
    const quoted = /\[\]byte\((".*")\)/.exec(text)?.[1]
    if (quoted !== undefined) found.push(fromGo(quoted))
  }
  return found.toSorted()
}

/** A Go string literal; line ends become CRLF as chasquid's fuzzer sends them. */
function fromGo(literal: string): string {
  return literal
    .slice(1, -1)
    .replaceAll(/\\(x[0-9a-f]{2}|.)/g, (_, escape: string) => goEscape(escape))
    .replaceAll(/(?<!\r)\n/g, '\r\n')
}

function goEscape(escape: string): string {
  if (escape.startsWith('x')) return String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return { n: '\n', r: '\r', t: '\t' }[escape] ?? escape
}
