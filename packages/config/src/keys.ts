import { portNames, portVariable } from './config.ts'
import { variableOf } from './overlay.ts'

/** A key of the file, as people are told of it. */
export interface ConfigKey {
  /** `limits.message_bytes`. */
  readonly path: string
  /** The variable that goes before the file; undefined: none. */
  readonly variable: string | undefined
  readonly about: string
  /** What holds where it is not set. */
  readonly fallback: string
}

const ports = {
  mx: 'mail from other servers',
  submission: 'mail from our users, STARTTLS',
  submissions: 'mail from our users, TLS',
  imap: 'IMAP, STARTTLS',
  imaps: 'IMAP, TLS',
  pop3: 'POP3, STARTTLS',
  pop3s: 'POP3, TLS',
  http: 'web pages',
  https: 'web pages, TLS',
}

const rows: readonly (readonly [path: string, about: string, fallback: string])[] = [
  ['hostname', "the server's name: greetings, Received, certificate", 'localhost'],
  ['data', 'the data folder', './var'],
  ['bind', 'addresses to listen on', '127.0.0.1, ::1'],
  ...portNames.map((name, i) => {
    const fallback = [2525, 2587, 2465, 2143, 2993, 2110, 2995, 2080, 2443][i] ?? 0
    return [`ports.${name}`, `the port for ${ports[name]}`, String(fallback)] as const
  }),
  ['database.url', 'a Postgres of yours', 'the embedded one'],
  ['database.unsafe', 'take a Postgres that may lose what it acknowledged (tests)', 'no'],
  ['tls.source', 'certificates: acme, files or local', 'files where tls.cert is set, else local'],
  ['tls.cert', 'the certificate, PEM', 'made here'],
  ['tls.key', 'its key, PEM', 'made here'],
  ['tls.acme_directory', "the authority's directory (https://)", "Let's Encrypt's"],
  ['tls.acme_email', 'where the authority may write to you', 'nowhere'],
  ['tls.acme_challenge', 'how names are proved: http-01, tls-alpn-01 or dns-01', 'http-01'],
  [
    'tls.acme_ca',
    "PEM of the authority that the directory's own certificate is from",
    "the system's",
  ],
  ['tls.acme_keys', 'stable, or roll: another key with each renewal', 'stable'],
  ['tls.acme_key_type', 'ecdsa or rsa', 'ecdsa'],
  ['tls.acme_http_port', 'the port that the authority asks by http-01 (tests)', '80'],
  ['tls.acme_tls_port', 'the port that it asks by tls-alpn-01 (tests)', '443'],
  ['tls.dns_server', "the zones' primary DNS server, for dns-01", 'none'],
  ['tls.dns_key_file', 'the TSIG key that its updates are signed with', 'none'],
  ['auth.plaintext', 'passwords before TLS: loopback or never', 'loopback'],
  ['limits.message_bytes', 'the largest message', '50 MiB'],
  ['limits.connections', 'connections per listener', '10000'],
  ['limits.connections_per_address', 'the same from one address', '500'],
  ['limits.connections_per_network', 'the same from one network (SMTP)', '2000'],
  ['mx.greeting_delay_ms', 'how long strangers wait for the greeting', '1000'],
  ['mx.connections_per_minute', 'per client', '120'],
  ['mx.messages_per_minute', 'per client', '600'],
  ['mx.sender_messages_per_minute', 'per envelope sender and network', '300'],
  ['proxy.networks', 'proxies whose PROXY header is believed', 'none'],
  ['proxy.ports', 'the listeners behind them', 'mx'],
  ['xclient.networks', 'peers that may use XCLIENT', 'none'],
  ['lists', 'DNS lists that the filter asks', 'none'],
  ['dns.servers', 'DNS servers', "the system's"],
  ['dns.trusted', 'servers elsewhere whose word on DNSSEC counts', 'none'],
  ['imap.without', 'IMAP extensions that are not offered', 'none'],
  ['imap.clients', 'the same for single clients', 'none'],
  ['imap.workers', 'processes that serve IMAP', 'one for two cores'],
  ['clients.public_host', 'the name that mail programs connect to', 'hostname'],
  ...portNames.map((name) => {
    const about = `the port for ${ports[name]} that the world comes in by; 0: not offered`
    return [`clients.public_ports.${name}`, about, `ports.${name}`] as const
  }),
  ['clients.name', 'what mail programs call the service', "the address's domain"],
  ['metrics.token_file', 'the token for reading /metrics from elsewhere', 'none'],
  ['log.level', 'trace, debug, info, warn, error or silent', 'info'],
  ['log.format', 'json or text', 'json'],
  [
    'secrets.key_file',
    'the key that seals secrets in the database',
    'secret-key in the data folder',
  ],
  ['delivery.mx_port', "the port of other servers' MX (tests)", '25'],
  ['delivery.policy_port', 'the port of MTA-STS policy hosts (tests)', '443'],
  ['delivery.private_targets', 'private addresses that mail may be carried to', 'none'],
]

/** Every key that there is. */
export const configKeys: readonly ConfigKey[] = rows.map(([path, about, fallback]) => {
  const port = portNames.find((name) => path === `ports.${name}`)
  const variable = port === undefined ? variableOf(path) : portVariable(port)
  return { path, variable, about, fallback }
})
