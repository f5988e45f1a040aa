import type { Secret } from './secret.ts'

/** The listeners by name, in the order in which they are shown to people. */
export const portNames = [
  'mx',
  'submission',
  'submissions',
  'imap',
  'imaps',
  'pop3',
  'pop3s',
  'http',
  'https',
] as const

/** The name of one listener. */
export type PortName = (typeof portNames)[number]

/** Listeners that can stand behind a proxy. */
export const proxiedPorts = ['mx', 'submission', 'submissions'] as const

/** One of them. */
export type ProxiedPort = (typeof proxiedPorts)[number]

/** Where each listener listens; 0 lets the system choose (tests). */
export type Ports = Readonly<Record<PortName, number>>

/** The embedded Postgres of the data folder, or one that the operator runs. */
export type DatabaseConfig =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'url'; readonly url: Secret }

/**
 * The server's own certificate: files of the operator's, or the local authority in the data folder. It serves where none is in
 * the database.
 */
export type TlsConfig = { readonly certFile: string; readonly keyFile: string } | 'local-ca'

/** How an authority has a name proved (RFC 8555 §8, RFC 8737). */
export const acmeChallenges = ['http-01', 'tls-alpn-01', 'dns-01'] as const

/** One of them. */
export type AcmeChallengeKind = (typeof acmeChallenges)[number]

/** Where DNS records are changed for dns-01 (RFC 2136). */
export interface AcmeDnsConfig {
  /** The zones' primary server, `address` or `address:port`. */
  readonly server: string
  /** The file of the key that updates are signed with. */
  readonly keyFile: string
}

/** The authority that issues certificates for all our names (RFC 8555). */
export interface AcmeConfig {
  /** The URL of its directory. */
  readonly directory: string
  /** Where it may write to us. */
  readonly email?: string
  readonly challenge: AcmeChallengeKind
  /** PEM of the authority that the directory's own certificate is from (tests, an authority of one's own). */
  readonly caFile?: string
  /** `stable`: keys are kept from renewal to renewal, as DANE wants it; `roll`: each renewal has another, published ahead. */
  readonly keys: 'stable' | 'roll'
  readonly keyType: 'ecdsa' | 'rsa'
  readonly dns?: AcmeDnsConfig
  /** Ports that the authority knocks at: 80 and 443, except in tests. */
  readonly httpPort: number
  readonly tlsPort: number
}

/**
 * Whether passwords may come before TLS: never, or when both ends of the connection are loopback
 * addresses. One meaning for every app.
 */
export type PlaintextRule = 'loopback' | 'never'

/** How much is logged. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Lines of JSON for machines, or text for a terminal. */
export type LogFormat = 'json' | 'text'

/** Bounds that an operator may move; protocol limits live in each app's `limits.ts`. */
export interface Limits {
  /** Largest message in octets: SIZE, APPENDLIMIT. */
  readonly messageBytes: number
  /** Connections per listener. */
  readonly connections: number
  /** Connections per listener from one address (IPv6: from one /64). */
  readonly connectionsPerAddress: number
  /** Connections per listener from one network (IPv4: a /24, IPv6: a /48); SMTP alone counts it. */
  readonly connectionsPerNetwork: number
}

/** Settings of the outbound queue's worker. */
export interface DeliveryConfig {
  /** The port of other hosts' MX; 25 except in tests. */
  readonly mxPort: number
  /** The port of other domains' MTA-STS policy hosts; 443 except in tests. */
  readonly policyPort: number
  /**
   * Loopback and private addresses that mail may be carried to, in CIDR notation: all others of them are refused, because a
   * stranger's MX must not lead us into our own network.
   */
  readonly privateTargets: readonly string[]
}

/** What clients of the MX may do; loopback may do anything. */
export interface MxConfig {
  /** How long the greeting waits for clients that never brought mail here; who talks before it is sent away. 0: not at all. */
  readonly greetingDelayMs: number
  /** Per address (IPv6: /64); a network (/24, /48) may do four times as much. */
  readonly connectionsPerMinute: number
  readonly messagesPerMinute: number
  /** Messages from one envelope sender, from one network. */
  readonly senderMessagesPerMinute: number
}

/** Proxies in front of us that tell who the client is (the PROXY protocol, versions 1 and 2). */
export interface ProxyConfig {
  /** Addresses and networks in CIDR notation; every connection of theirs must begin with the header. */
  readonly networks: readonly string[]
  /** The listeners for which that is so. */
  readonly ports: readonly ProxiedPort[]
}

/** A DNS list that the filter asks: a known one by its name, or all that must be known of another. */
export type ListConfig =
  | { readonly use: string }
  | {
      readonly name: string
      readonly zone: string
      /** What is on it. */
      readonly kind: 'address' | 'domain'
      /** Points by answer: `{ "127.0.0.2": 4 }`. */
      readonly codes: Readonly<Record<string, number>>
      readonly takesAddresses?: boolean
    }

/** How names are looked up. */
export interface DnsConfig {
  /** DNS servers as `address` or `address:port`; the system's when empty. */
  readonly servers: readonly string[]
  /** Addresses of servers whose word on DNSSEC counts though they are not on this machine. */
  readonly trusted: readonly string[]
}

/** Extensions that one kind of client is not offered. */
export interface ImapClientRule {
  /** As it says in ID (RFC 2971 §3.3), in whatever letters. */
  readonly name: string
  /** `16` stands for 16, 16.1 and so on; absent: every version. */
  readonly version?: string
  readonly without: readonly string[]
}

/** The IMAP server: what it does without (capabilities that are not offered, and whose commands do not exist), and in how many processes. */
export interface ImapConfig {
  readonly without: readonly string[]
  readonly clients: readonly ImapClientRule[]
  /** Processes that serve its ports; absent: by the cores of the machine. */
  readonly workers?: number
}

/** What mail programs and the world are told of this server, where that is not what it knows of itself. */
export interface ClientsConfig {
  /** The name that mail programs connect to, and that the web pages are under. */
  readonly publicHost: string
  /** The ports by which they come in, as behind a forwarding of ports; 0: not offered to them. */
  readonly publicPorts: Ports
  /** What the service is called in mail programs; absent: by the domain of the address. */
  readonly name?: string
}

/** Everything that must be known before the database opens, checked. */
export interface Config {
  /** The name we greet with, sign Received lines with, and have a certificate for. */
  readonly hostname: string
  /** Absolute path of the data folder. */
  readonly dataDir: string
  readonly database: DatabaseConfig
  /** Addresses to listen on. */
  readonly bind: readonly string[]
  readonly ports: Ports
  readonly tls: TlsConfig
  /** Absent: no authority is asked. */
  readonly acme?: AcmeConfig
  readonly auth: { readonly plaintext: PlaintextRule }
  readonly limits: Limits
  readonly dns: DnsConfig
  /** DNS lists; none is asked that is not named here. */
  readonly lists: readonly ListConfig[]
  readonly mx: MxConfig
  readonly proxy: ProxyConfig
  /** Peers that may name another client with XCLIENT (content filters, tests). */
  readonly xclient: { readonly networks: readonly string[] }
  readonly imap: ImapConfig
  readonly clients: ClientsConfig
  /** Who may read metrics from elsewhere than this machine: whoever has the token in this file. Absent: nobody. */
  readonly metrics: { readonly tokenFile?: string }
  readonly log: { readonly level: LogLevel; readonly format: LogFormat }
  /** The file with the key that seals secrets in the database; made when the first one is sealed. */
  readonly secretKeyFile: string
  /** Accept a Postgres whose settings would void "acknowledged means durable" (tests). */
  readonly unsafeDatabase: boolean
  readonly delivery: DeliveryConfig
  /** `POSTHOUSE_FAULT_POINTS`, for `configureFaultPoints` of telemetry; absent in production. */
  readonly faultPoints?: string
}

/** The environment variable that moves a listener, for error texts. */
export function portVariable(name: PortName): string {
  return `POSTHOUSE_PORT_${name.toUpperCase()}`
}
