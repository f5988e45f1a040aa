import { readFileSync } from 'node:fs'
import { createTransport } from 'nodemailer'
import { password, type PortName, type ProcessSuite } from './process-suite.ts'

/** A pool of SMTP connections to one of the suite's ports, certificates verified. */
export function transportTo(
  suite: ProcessSuite,
  port: PortName,
  options: { readonly user?: string; readonly connections?: number } = {},
): ReturnType<typeof createTransport> {
  const auth = options.user === undefined ? {} : { auth: { user: options.user, pass: password } }
  return createTransport({
    host: '127.0.0.1',
    port: suite.ports[port],
    secure: port === 'submissions',
    requireTLS: true,
    tls: { ca: readFileSync(suite.caFile), servername: 'mail.example.test' },
    pool: true,
    maxConnections: options.connections ?? 4,
    maxMessages: Infinity,
    socketTimeout: 60_000,
    ...auth,
  })
}

/** The reply code of a refused message, 0 if the failure was another one. */
export function replyCode(error: unknown): number {
  const hasCode = error instanceof Error && 'responseCode' in error
  return hasCode && typeof error.responseCode === 'number' ? error.responseCode : 0
}
