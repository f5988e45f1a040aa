import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { localCertificate } from '@posthouse/local-ca'
import { password, type ProcessSuite } from '../../journeys/house/process-suite.ts'
import { waitFor } from '../../journeys/house/wait-for.ts'
import { AnswerLost, LineClient, Refused } from './line-client.ts'
import { trySignal, type FaultKind, type Scene } from './scene.ts'

const doors = [
  { app: 'submission', port: 'submissions' },
  { app: 'imap', port: 'imaps' },
  { app: 'pop3', port: 'pop3s' },
] as const

const names = ['mail.example.test', 'localhost', '127.0.0.1', '::1']

/** Certificates are renewed under load. */
export const certificateFaults: readonly FaultKind[] = [
  { name: 'certificates swapped', mayRepeat: false, strike: swap },
]

/**
 * The certificate is made anew and the apps are told. What stands goes on, what comes sees the new one, the authority that
 * people trust is the same.
 */
async function swap({ suite, complain }: Scene): Promise<boolean> {
  const ca = await readFile(suite.caFile, 'utf8')
  const pids = await Promise.all(doors.map(({ app }) => suite.pidOf(app)))
  const standing = await Promise.all(doors.map(({ port }) => greeted(suite, port)))
  await signIn(standing[1])
  for (const name of ['tls-cert.pem', 'tls-key.pem'])
    await rm(path.join(suite.dataDir, name), { force: true })
  const { cert } = await localCertificate(suite.dataDir, names)
  for (const pid of pids) trySignal(pid, 'SIGHUP')
  for (const [index, { app, port }] of doors.entries()) {
    await shows(suite, port, cert).catch(() => complain(`${app} never showed the new certificate`))
    const client = standing[index]
    if (client !== undefined && !(await answers(client)))
      complain(`${app} dropped a session for a new certificate`)
    client?.close()
  }
  if ((await readFile(suite.caFile, 'utf8')) !== ca) complain('the authority was made anew')
  return true
}

type TlsPort = (typeof doors)[number]['port']

/** A connection over TLS that was greeted; its certificate was checked against the authority. */
function greeted(suite: ProcessSuite, port: TlsPort): Promise<LineClient> {
  return waitFor(`a greeting of ${port}`, async () => {
    const ca = await readFile(suite.caFile, 'utf8')
    try {
      const client = await LineClient.connect(suite.ports[port], ca)
      await client.line()
      return client
    } catch (error) {
      if (error instanceof AnswerLost || error instanceof Refused) return undefined
      throw error
    }
  })
}

/** In vain while the database is away: then the session stays as it is. */
async function signIn(client: LineClient | undefined): Promise<void> {
  client?.send(`s1 LOGIN reader0@example.test ${password}\r\n`)
  for (let line = await client?.line(); line?.startsWith('s1 ') === false;)
    line = await client?.line()
}

async function shows(suite: ProcessSuite, port: TlsPort, cert: string): Promise<void> {
  await waitFor(
    'the new certificate',
    async () => {
      const client = await greeted(suite, port)
      const isNew = client.certificate === pemBody(cert)
      client.close()
      return isNew ? true : undefined
    },
    30_000,
  )
}

/** Whether a session still answers, whatever it says. */
async function answers(client: LineClient): Promise<boolean> {
  client.send('NOOP NOOP\r\n')
  return client.line().then(
    () => true,
    () => false,
  )
}

function pemBody(cert: string): string {
  return cert
    .replace(/-----END CERTIFICATE-----[^]*$/, '')
    .replace(/-----BEGIN CERTIFICATE-----|\s/g, '')
}
