/** An RFC that Posthouse carries out. */
export interface CarriedOut {
  readonly rfc: number
  readonly title: string
  /** What its sections ask for, by section. */
  readonly sections: Readonly<Record<string, string>>
  /** Where it is tested besides transcripts. */
  readonly elsewhere?: readonly string[]
  /** What is not there, and why. */
  readonly leftOut?: string
}

/** An RFC whose capability is not offered. */
export interface NotOffered {
  readonly rfc: number
  readonly title: string
  readonly why: string
}

const mail: readonly CarriedOut[] = [
  { rfc: 1870, title: 'SMTP SIZE', sections: { '6': 'SIZE at MAIL, and after DATA' } },
  { rfc: 1939, title: 'POP3', sections: { '3': 'replies, time-out', '5': 'TRANSACTION', '6': 'UPDATE', '7': 'TOP, UIDL, USER, PASS', '8': 'locking' }, leftOut: 'APOP: it needs passwords that can be read.' },
  { rfc: 2449, title: 'POP3 CAPA', sections: { '4': 'lengths', '5': 'CAPA', '6.6': 'PIPELINING', '8.1.1': 'LOGIN-DELAY', '8.1.2': 'IN-USE' } },
  { rfc: 2595, title: 'STLS', sections: { '2.1': 'no password in clear', '4': 'STLS' } },
  { rfc: 2920, title: 'SMTP pipelining', sections: { '3': 'commands in groups' } },
  { rfc: 3030, title: 'SMTP CHUNKING', sections: { '2': 'BDAT' }, elsewhere: ['packages/smtp/src/server-chunks.test.ts'], leftOut: 'BINARYMIME: what is stored must go out by DATA again.' },
  { rfc: 3206, title: 'POP3 AUTH and SYS codes', sections: { '4': 'codes' } },
  { rfc: 3207, title: 'SMTP STARTTLS', sections: { '4': 'STARTTLS', '4.2': 'what is forgotten' } },
  { rfc: 3461, title: 'DSN', sections: { '4.1': 'NOTIFY', '6': 'parameters' } },
  { rfc: 3834, title: 'automatic responses', sections: { '2': 'when to answer', '3.1': 'the header', '4': 'to whom', '5': 'Auto-Submitted' }, elsewhere: ['packages/reception/src/autoreply/answerable.test.ts', 'packages/reception/src/autoreply/autoreply-message.test.ts', 'tests/journeys/autoreply.test.ts'] },
  { rfc: 4616, title: 'SASL PLAIN', sections: { '2': 'authzid, authcid, password' } },
  { rfc: 2045, title: 'MIME', sections: { '4': 'MIME-Version, where a client forgot it' }, elsewhere: ['packages/message/src/mime-index.test.ts', 'packages/message/src/downgrade/downgrade.test.ts'] },
  { rfc: 4865, title: 'FUTURERELEASE', sections: { '3': 'submission alone', '4': 'HOLDFOR, HOLDUNTIL' }, elsewhere: ['packages/smtp/src/mail-command.test.ts'], leftOut: 'Future-Release-Request in reports.' },
  { rfc: 4954, title: 'SMTP AUTH', sections: { '4': 'AUTH', '6': 'replies' } },
  { rfc: 5034, title: 'POP3 AUTH', sections: { '4': 'AUTH' } },
  { rfc: 5230, title: 'vacation, without Sieve', sections: { '4.1': 'once in seven days', '4.5': 'the account is named', '4.6': 'who is not answered', '5': 'the answer' }, elsewhere: ['packages/reception/src/autoreply/answerable.test.ts', 'tests/journeys/autoreply.test.ts'], leftOut: 'The Sieve action: one text per account.' },
  { rfc: 5321, title: 'SMTP', sections: {} },
  { rfc: 5322, title: 'the message format', sections: {} },
  { rfc: 6409, title: 'submission', sections: {} },
  { rfc: 6531, title: 'SMTPUTF8', sections: {} },
  { rfc: 6856, title: 'POP3 UTF8', sections: {} },
  { rfc: 8314, title: 'TLS for access and submission', sections: {} },
  { rfc: 8689, title: 'REQUIRETLS, TLS-Required', sections: { '4.1': 'offered under TLS', '4.2': 'REQUIRETLS' }, elsewhere: ['packages/reception/src/outbound.test.ts'] },
] // prettier-ignore

const authentication: readonly CarriedOut[] = [
  { rfc: 2142, title: 'role addresses', sections: { '4': 'abuse' }, elsewhere: ['packages/store/src/address-book.test.ts'] },
  { rfc: 2308, title: 'negative answers of DNS', sections: {}, elsewhere: ['packages/dns/src/answer-cache.test.ts', 'packages/dns/src/dns-resolver.test.ts'] },
  { rfc: 5452, title: 'DNS against forged answers', sections: {}, elsewhere: ['packages/dns/src/reply.test.ts'] },
  { rfc: 5782, title: 'DNS lists', sections: {}, elsewhere: ['packages/filter/src/blocklists/dns-list.test.ts'] },
  { rfc: 6008, title: 'telling DKIM signatures apart', sections: {}, elsewhere: ['tests/vectors/authentication-results'] },
  { rfc: 6376, title: 'DKIM', sections: {}, elsewhere: ['packages/mail-auth/src/dkim', 'packages/mail-auth/src/signing', 'tests/journeys/outbound-dkim.test.ts', 'tests/vectors/dkim'] },
  { rfc: 6647, title: 'greylisting', sections: {}, elsewhere: ['packages/filter/src/greylist'] },
  { rfc: 6891, title: 'EDNS(0)', sections: {}, elsewhere: ['packages/dns/src/dns-resolver.test.ts'] },
  { rfc: 7208, title: 'SPF', sections: {}, elsewhere: ['packages/mail-auth/src/spf', 'tests/vectors/spf'] },
  { rfc: 8301, title: 'DKIM algorithms and keys', sections: {}, elsewhere: ['packages/mail-auth/src/dkim'] },
  { rfc: 8463, title: 'DKIM by Ed25519', sections: {}, elsewhere: ['tests/vectors/dkim'] },
  { rfc: 8601, title: 'Authentication-Results', sections: {}, elsewhere: ['tests/vectors/authentication-results'] },
  { rfc: 8616, title: 'authentication of internationalized mail', sections: {}, elsewhere: ['packages/mail-auth/src/spf'] },
  { rfc: 8617, title: 'ARC', sections: {}, elsewhere: ['tests/vectors/arc'], leftOut: 'Sealing: the IETF is winding ARC down.' },
  { rfc: 9989, title: 'DMARC', sections: {}, elsewhere: ['tests/vectors/dmarc'], leftOut: 'Reports are not sent yet.' },
] // prettier-ignore

const imap: readonly CarriedOut[] = [
  {
    rfc: 3501, title: 'IMAP4rev1',
    sections: {
      '2.3.2': 'flags, \\Recent', '3': 'states', '3.1': 'not authenticated', '4.3': 'literals', '5.1.3': 'modified UTF-7', '5.5': 'pipelining',
      '6.1.1': 'CAPABILITY', '6.1.2': 'NOOP', '6.1.3': 'LOGOUT', '6.2.1': 'STARTTLS', '6.2.2': 'AUTHENTICATE', '6.2.3': 'LOGIN',
      '6.3.1': 'SELECT', '6.3.2': 'EXAMINE', '6.3.3': 'CREATE', '6.3.4': 'DELETE', '6.3.5': 'RENAME', '6.3.6': 'SUBSCRIBE', '6.3.7': 'UNSUBSCRIBE',
      '6.3.8': 'LIST', '6.3.9': 'LSUB', '6.3.10': 'STATUS', '6.3.11': 'APPEND', '6.4.1': 'CHECK', '6.4.2': 'CLOSE', '6.4.3': 'EXPUNGE', '6.4.4': 'SEARCH',
      '6.4.5': 'FETCH', '6.4.6': 'STORE', '6.4.7': 'COPY', '6.4.8': 'UID', '7.1': 'status responses', '7.1.3': 'BAD', '7.2.6': 'FLAGS',
      '7.4.1': 'EXPUNGE responses: when', '7.4.2': 'FETCH responses', '9': 'the grammar', '11.1': 'passwords in clear',
    },
    elsewhere: ['packages/imap-wire', 'tests/fuzz/imap-inputs.test.ts', 'tests/fuzz/imap-sessions.test.ts', 'tests/fuzz/imap-structures.test.ts', 'tests/interop/james-imap.test.ts'],
    leftOut: 'SEARCH knows US-ASCII and UTF-8 only. KERBEROS_V4 and GSSAPI are not offered.',
  },
  { rfc: 2177, title: 'IDLE', sections: { '3': 'IDLE, DONE' }, elsewhere: ['apps/imap/src/session/session.test.ts'] },
  { rfc: 2180, title: 'several sessions on one mailbox', sections: { '3': 'deleted under a session: BYE' } },
  { rfc: 2342, title: 'NAMESPACE', sections: { '5': 'one namespace, one’s own' } },
  { rfc: 2971, title: 'ID', sections: { '3': 'before sign-in too', '3.1': 'fields and their limits' }, leftOut: 'The server tells its name and no version.' },
  { rfc: 3348, title: 'CHILDREN', sections: { '3': '\\HasChildren, \\HasNoChildren' }, elsewhere: ['apps/imap/src/commands/mailbox-tree.test.ts'] },
  { rfc: 3502, title: 'MULTIAPPEND', sections: { '2': 'all or none' }, elsewhere: ['packages/store/src/append-all.test.ts'] },
  { rfc: 3516, title: 'BINARY', sections: { '4.2': 'BINARY, BINARY.SIZE', '4.3': 'UNKNOWN-CTE', '4.4': 'literal8 in APPEND' } },
  { rfc: 3691, title: 'UNSELECT', sections: { '2': 'UNSELECT' } },
  { rfc: 4315, title: 'UIDPLUS', sections: { '2.1': 'UID EXPUNGE', '3': 'APPENDUID, COPYUID' } },
  { rfc: 4731, title: 'ESEARCH', sections: { '3': 'MIN, MAX, ALL, COUNT' } },
  { rfc: 4959, title: 'SASL-IR', sections: { '3': 'the initial response' } },
  { rfc: 4978, title: 'COMPRESS', sections: { '3': 'COMPRESS DEFLATE' }, elsewhere: ['packages/line-server/src/compression.test.ts'], leftOut: 'Before sign-in: no password shall be compressed with what an attacker chose.' },
  { rfc: 5032, title: 'WITHIN', sections: { '3': 'OLDER, YOUNGER' } },
  { rfc: 5161, title: 'ENABLE', sections: { '3.1': 'ENABLE, ENABLED' } },
  { rfc: 5182, title: 'SEARCHRES', sections: { '2': 'SAVE, $', '2.5': 'NOTSAVED' }, leftOut: 'A result of more than 65,536 ranges is not kept.' },
  { rfc: 5256, title: 'SORT and THREAD', sections: { '2.1': 'base subject', '3': 'SORT, THREAD', '4': 'responses' }, elsewhere: ['apps/imap/src/thread/references.test.ts', 'apps/imap/src/sort/collation.test.ts'], leftOut: 'THREAD=REFS, which is no RFC.' },
  { rfc: 5258, title: 'LIST-EXTENDED', sections: { '3': 'selection, RETURN, several patterns' }, leftOut: 'REMOTE finds nothing more: no mailbox is elsewhere.' },
  { rfc: 5267, title: 'ESORT', sections: { '3': 'SORT RETURN' }, leftOut: 'CONTEXT=SEARCH and CONTEXT=SORT: no client that we know asks for results that are kept up to date.' },
  { rfc: 5530, title: 'response codes', sections: { '3': 'each where its RFC puts it' } },
  { rfc: 5819, title: 'LIST-STATUS', sections: { '2': 'RETURN (STATUS (…))' } },
  { rfc: 5957, title: 'SORT=DISPLAY', sections: { '3': 'DISPLAYFROM, DISPLAYTO' } },
  { rfc: 6154, title: 'SPECIAL-USE', sections: { '2': 'attributes, told without being asked', '3': 'CREATE (USE (…))', '5': 'LIST (SPECIAL-USE)' }, leftOut: '\\All and \\Flagged cannot be created: they would be searches.' },
  { rfc: 6851, title: 'MOVE', sections: { '3.3': 'all or none', '4.3': 'COPYUID before EXPUNGE' }, elsewhere: ['packages/store/src/mailbox-faults.test.ts'] },
  { rfc: 6855, title: 'UTF8=ACCEPT', sections: { '3': 'names in UTF-8', '4': 'APPEND UTF8 (…)' }, leftOut: 'UTF8=ONLY.' },
  {
    rfc: 7162, title: 'CONDSTORE and QRESYNC',
    sections: {
      '3.1': 'mod-sequences, who is aware', '3.1.3': 'UNCHANGEDSINCE', '3.1.8': 'SELECT (CONDSTORE)', '3.1.10': 'with ESEARCH', '3.2.4': 'unsolicited FETCH', '3.2.5': 'SELECT (QRESYNC)',
      '3.2.6': 'VANISHED', '3.2.7': 'HIGHESTMODSEQ with EXPUNGE', '3.2.9': 'UID EXPUNGE', '3.2.10': 'VANISHED responses',
    },
    elsewhere: ['tests/fuzz/imap-resync.test.ts', 'apps/imap/src/mailbox/vanished.test.ts', 'tests/journeys/imapflow-resync.test.ts'],
    leftOut: 'A mod-sequence for each flag: there is one for each message (§3.1.5 allows it). What was expunged more than 30 days ago is told as every UID that is not there.',
  },
  { rfc: 7888, title: 'LITERAL+', sections: { '4': 'literals that do not wait, read away where they are refused' }, elsewhere: ['apps/imap/src/session/read-command.test.ts'], leftOut: 'LITERAL-: never together with LITERAL+ (§5).' },
  { rfc: 7889, title: 'APPENDLIMIT', sections: { '': 'one limit for all mailboxes' } },
  { rfc: 8438, title: 'STATUS=SIZE', sections: { '': 'SIZE' } },
  { rfc: 8474, title: 'OBJECTID', sections: { '4': 'MAILBOXID', '5': 'EMAILID, THREADID', '5.2': 'THREADID', '6': 'SEARCH by them' } },
  { rfc: 8508, title: 'REPLACE', sections: { '3.1': 'REPLACE', '3.2': 'UID REPLACE', '3.3': 'one step, net quota', '4.3': 'APPENDUID before EXPUNGE', '4.5': 'with QRESYNC', '4.6': 'another EMAILID', '5': 'the grammar' }, elsewhere: ['packages/store/src/replace-message.test.ts'], leftOut: '§4.1, §4.2: ACL and CATENATE are not offered.' },
  { rfc: 8514, title: 'SAVEDATE', sections: { '4': 'FETCH and SEARCH' } },
  { rfc: 8970, title: 'PREVIEW', sections: { '3': 'PREVIEW, LAZY' }, leftOut: 'LAZY changes nothing: previews are made at delivery.' },
  { rfc: 9208, title: 'QUOTA', sections: { '4.1': 'GETQUOTA', '4.1.2': 'GETQUOTAROOT', '4.2': 'responses', '4.3': 'OVERQUOTA' }, leftOut: 'SETQUOTA: limits are the operator’s (`posthouse quota`). One root, STORAGE and MESSAGE.' },
  { rfc: 9394, title: 'PARTIAL', sections: { '3': 'pages of SEARCH and FETCH' } },
  { rfc: 9585, title: 'INPROGRESS', sections: { '4': 'notices of SEARCH, SORT, THREAD' }, elsewhere: ['apps/imap/src/session/progress-notices.test.ts'] },
] // prettier-ignore

const web: readonly CarriedOut[] = [
  { rfc: 5652, title: 'CMS', sections: {}, elsewhere: ['packages/client-setup/src/apple-profile.test.ts'], leftOut: 'Only what signs a profile.' },
  { rfc: 6186, title: 'SRV records of mail servers', sections: {}, elsewhere: ['apps/cli/src/commands/dns.test.ts'] },
  { rfc: 6797, title: 'Strict-Transport-Security', sections: {}, elsewhere: ['apps/web/src/pages.test.ts'] },
  { rfc: 8461, title: 'MTA-STS', sections: {}, elsewhere: ['apps/web/src/mta-sts.test.ts', 'apps/delivery/src/tls/sts-policy.test.ts', 'apps/delivery/src/tls/sts-book.test.ts'] },
  { rfc: 9110, title: 'HTTP', sections: {}, elsewhere: ['apps/web/src/attacks.test.ts', 'apps/web/src/auto-setup.test.ts'] },
  { rfc: 9116, title: 'security.txt', sections: {}, elsewhere: ['apps/web/src/mta-sts.test.ts'] },
  { rfc: 9309, title: 'robots.txt', sections: {}, elsewhere: ['apps/web/src/attacks.test.ts'] },
] // prettier-ignore

const certificates: readonly CarriedOut[] = [
  { rfc: 2136, title: 'DNS UPDATE', sections: {}, elsewhere: ['tests/interop/dns-update.test.ts'], leftOut: 'Only what adds and removes TXT records.' },
  { rfc: 2986, title: 'PKCS #10', sections: {}, elsewhere: ['packages/local-ca/src/certificate-request.test.ts'] },
  { rfc: 8555, title: 'ACME', sections: {}, elsewhere: ['tests/interop/acme-pebble.test.ts', 'packages/certificates/src/acme/acme-client.test.ts', 'tests/journeys/certificates.test.ts'], leftOut: 'Revocation, external accounts (§7.3.4), wildcards, and another key for the account (§7.3.5).' },
  { rfc: 8737, title: 'tls-alpn-01', sections: {}, elsewhere: ['tests/interop/acme-pebble.test.ts', 'packages/local-ca/src/certificate-request.test.ts'] },
  { rfc: 8945, title: 'TSIG', sections: {}, elsewhere: ['tests/interop/dns-update.test.ts'], leftOut: 'HMAC-MD5 and HMAC-SHA-1.' },
  { rfc: 9773, title: 'ACME renewal information', sections: {}, elsewhere: ['packages/certificates/src/acme/renewal-info.test.ts'] },
] // prettier-ignore

/** What is carried out. */
export const carriedOut: readonly CarriedOut[] = [
  ...mail,
  ...authentication,
  ...imap,
  ...web,
  ...certificates,
]

/** What other servers offer in IMAP and this one does not. */
export const notOffered: readonly NotOffered[] = [
  { rfc: 4314, title: 'ACL', why: 'Mailboxes are not shared yet.' },
  {
    rfc: 4467,
    title: 'URLAUTH',
    why: 'It opens mail to whoever has a URL, and no client uses it.',
  },
  { rfc: 4469, title: 'CATENATE', why: 'No client that we know uses it.' },
  { rfc: 5464, title: 'METADATA', why: 'Not yet; no client that matters to us asks for it.' },
  { rfc: 5465, title: 'NOTIFY', why: 'Not yet; clients open IDLE sessions instead.' },
  { rfc: 6203, title: 'SEARCH=FUZZY', why: 'SEARCH finds what stands there (RFC 3501 §6.4.4).' },
  { rfc: 7377, title: 'MULTISEARCH', why: 'Not yet.' },
  {
    rfc: 9051,
    title: 'IMAP4rev2',
    why: 'Not yet: as a mode of its own, for clients that ask for it.',
  },
  { rfc: 9586, title: 'UIDONLY', why: 'Outlook enables it, and then sends numbers.' },
]
