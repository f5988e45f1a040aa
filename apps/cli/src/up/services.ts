import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { createTlsSource, serveCertificates, type Services, type TlsMaterial } from '@posthouse/app'
import type { Config } from '@posthouse/config'
import { localCertificate } from '@posthouse/local-ca'
import { openStore } from '@posthouse/store'
import { configureFaultPoints, createLog, type Log } from '@posthouse/telemetry'
import { CliError } from '../cli-error.ts'

/** Opens what an app needs from its configuration. The database's address must be in it. */
export async function openServices(config: Config, app: string): Promise<Services> {
  const log = logOf(config, app)
  if (config.faultPoints !== undefined) configureFaultPoints(config.faultPoints)
  const tls = createTlsSource(await readTls(config), config.hostname)
  const store = await openStore({
    database: databaseUrl(config),
    log,
    app,
    unsafe: config.unsafeDatabase,
    secretKeyFile: config.secretKeyFile,
  })
  const { certificates } = store
  const isIssuing = config.acme !== undefined
  const serving = await serveCertificates({ tls, certificates, log, isIssuing })
  keepFresh(() => Promise.all([refreshTls({ tls, config, log }), serving.refresh()]))
  return { config, log, store, tls }
}

/** The log of a process, as the configuration wants it, on stderr. */
export function logOf(config: Config, app: string): Log {
  return createLog({ ...config.log, app })
}

/** The certificate: the operator's files, or one of the local authority (made here if need be). */
export async function readTls(config: Config): Promise<TlsMaterial> {
  if (config.tls === 'local-ca') return localCertificate(config.dataDir, namesOf(config))
  const [cert, key] = await Promise.all([
    readFile(config.tls.certFile, 'utf8'),
    readFile(config.tls.keyFile, 'utf8'),
  ])
  return { cert, key }
}

/** Refuses a certificate that no client could be served with. @throws CliError */
export async function refuseUnusableTls(config: Config): Promise<void> {
  try {
    const { cert, key } = await readTls(config)
    createSecureContext({ cert, key })
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    throw new CliError(
      'conflict',
      'tls.unusable',
      `The certificate cannot be used: ${because}`,
      'see tls.cert, tls.key',
    )
  }
}

const freshMs = 60 * 60 * 1000

/** Looks for renewed certificates once an hour, whatever wake-ups were missed. */
function keepFresh(look: () => Promise<unknown>): void {
  setInterval(() => void look(), freshMs).unref()
}

/**
 * Takes a renewed certificate into use, without a restart; sessions that stand keep theirs. One that cannot be used is
 * told, and the old one stays.
 */
export async function refreshTls({
  tls,
  config,
  log,
}: Pick<Services, 'tls' | 'config' | 'log'>): Promise<void> {
  try {
    const next = await readTls(config)
    if (next.cert === tls.own().cert) return
    tls.replace(next)
    log.info('tls.certificate.replaced')
  } catch (error) {
    log.error('tls.certificate.unusable', { error })
  }
}

/** What the local certificate is for: the host's name, the one that mail programs are told, and the names that a start on one's own machine goes by. */
function namesOf({ hostname, clients: { publicHost } }: Config): readonly string[] {
  return [...new Set([hostname, publicHost, 'localhost', 'mail.example.test', '127.0.0.1', '::1'])]
}

/**
 * The database's URL.
 * @throws CliError if it is the embedded one, which only `up` runs
 */
export function databaseUrl(config: Config): string {
  if (config.database.kind === 'url') return config.database.url.reveal()
  throw new CliError(
    'usage',
    'database.no_url',
    'An app by itself needs a database',
    'set DATABASE_URL or database.url; the embedded Postgres belongs to: posthouse up',
  )
}
