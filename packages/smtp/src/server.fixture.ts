import tlsOptions from 'smtp-server/lib/tls-options.js'
import { createSecureContext } from 'node:tls'
import { silentLog } from '@posthouse/telemetry'
import type { Envelope } from './envelope.ts'
import { replies } from './replies.ts'
import { reply } from './reply.ts'
import { createSmtpServer } from './create-smtp-server.ts'
import type { SmtpListener, SmtpServerOptions } from './server-options.ts'
import type { SmtpSession } from './session.ts'
import { WireClient } from './wire-client.fixture.ts'

/** A message that the test server took. */
export interface Taken {
  readonly octets: Buffer
  readonly envelope: Envelope<string>
  readonly session: SmtpSession<string>
}

/** A server for tests: takes mail for anybody but `nobody@…`, keeps it in memory. */
export interface TestServer {
  readonly listener: SmtpListener
  readonly taken: readonly Taken[]
  /** A client whose greeting was read. */
  client(options?: { tls?: boolean; ehlo?: boolean }): Promise<WireClient>
  close(): Promise<void>
}

const pems = tlsOptions({})

/** A context for tests; its key is known to all. */
export function testContext(): ReturnType<typeof createSecureContext> {
  return createSecureContext({ key: pems.key, cert: pems.cert })
}

export type TestOptions = Partial<Omit<SmtpServerOptions<string, string>, 'handlers'>> & {
  readonly handlers?: Partial<SmtpServerOptions<string, string>['handlers']>
}

/** Starts one on a free port. */
export async function startTestServer(options: TestOptions = {}): Promise<TestServer> {
  const taken: Taken[] = []
  const context = testContext()
  const listener = await createSmtpServer<string, string>({
    host: '127.0.0.1',
    port: 0,
    name: 'mx.example.test',
    tls: { current: () => context },
    implicitTls: false,
    log: silentLog,
    ...options,
    handlers: {
      onRcpt: ({ recipient }) =>
        Promise.resolve(
          recipient.local === 'nobody' || recipient.local === 'nobody-now'
            ? {
                ok: false,
                reply: replies.unknownRecipient,
                ...(recipient.local === 'nobody-now' && { isNoGuess: true }),
              }
            : { ok: true, target: recipient.address },
        ),
      onMessage(octets, envelope, session) {
        taken.push({ octets, envelope, session })
        return Promise.resolve(reply(250, '2.0.0', `taken ${taken.length}`))
      },
      onError: () => replies.unavailable,
      ...options.handlers,
    },
  })
  const clients: WireClient[] = []
  return {
    listener,
    taken,
    async client({ tls = false, ehlo = true } = {}) {
      const client = await WireClient.connect(listener.port, { tls })
      clients.push(client)
      await client.reply()
      if (ehlo) await client.ask('EHLO client.example.test')
      return client
    },
    async close() {
      for (const client of clients) client.destroy()
      await listener.close(0)
    },
  }
}

/** Waits for something to become so; fails after half a minute. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`did not become so: ${String(isSo)}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
