import { join } from 'node:path'
import { Secret, type Config, type Limits, type PlaintextRule } from '@posthouse/config'

/** What a test may want otherwise. */
export interface TestConfigOptions {
  readonly plaintext?: PlaintextRule
  readonly limits?: Partial<Limits>
  readonly delivery?: Partial<Config['delivery']>
  readonly imap?: Partial<Config['imap']>
  readonly clients?: Partial<Config['clients']>
  readonly mx?: Partial<Config['mx']>
  readonly proxy?: Partial<Config['proxy']>
  readonly xclient?: Partial<Config['xclient']>
  readonly lists?: Config['lists']
  /** A file's name is taken in the data folder. */
  readonly metrics?: Config['metrics']
}

/** The configuration of a suite in a test: 127.0.0.1, ports of the system's choice. */
export function testConfig(url: string, dataDir: string, options: TestConfigOptions = {}): Config {
  const ports = { mx: 0, submission: 0, submissions: 0, imap: 0, imaps: 0, pop3: 0, pop3s: 0 }
  return {
    hostname: 'mail.example.test',
    dataDir,
    database: { kind: 'url', url: new Secret(url) },
    bind: ['127.0.0.1'],
    ports: { ...ports, http: 0, https: 0 },
    tls: 'local-ca',
    auth: { plaintext: options.plaintext ?? 'loopback' },
    limits: {
      messageBytes: 50 * 1024 * 1024,
      connections: 10_000,
      connectionsPerAddress: 500,
      connectionsPerNetwork: 2000,
      ...options.limits,
    },
    mx: {
      greetingDelayMs: 0,
      connectionsPerMinute: 10_000,
      messagesPerMinute: 10_000,
      senderMessagesPerMinute: 10_000,
      ...options.mx,
    },
    proxy: { networks: [], ports: ['mx'], ...options.proxy },
    xclient: { networks: [], ...options.xclient },
    lists: options.lists ?? [],
    dns: { servers: [], trusted: [] },
    imap: { without: [], clients: [], ...options.imap },
    clients: {
      publicHost: 'mail.example.test',
      publicPorts: {
        mx: 25,
        submission: 587,
        submissions: 465,
        imap: 143,
        imaps: 993,
        pop3: 110,
        pop3s: 995,
        http: 80,
        https: 443,
      },
      ...options.clients,
    },
    metrics:
      options.metrics?.tokenFile === undefined
        ? {}
        : { tokenFile: join(dataDir, options.metrics.tokenFile) },
    log: { level: 'info', format: 'json' },
    secretKeyFile: join(dataDir, 'secret-key'),
    unsafeDatabase: true,
    delivery: {
      mxPort: 25,
      policyPort: 443,
      privateTargets: ['127.0.0.0/8', '::1'],
      ...options.delivery,
    },
  }
}
