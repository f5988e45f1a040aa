import { createSecureContext } from 'node:tls'
import tlsOptions from 'smtp-server/lib/tls-options.js'
import { silentLog } from '@posthouse/telemetry'
import { createSmtpServer } from './create-smtp-server.ts'
import { replies } from './replies.ts'

// A server of its own process, so that its file descriptors can run out. Says its port on a line.
const pems = tlsOptions({})
const context = createSecureContext({ key: pems.key, cert: pems.cert })
const { port } = await createSmtpServer<never, string>({
  host: '127.0.0.1',
  port: 0,
  name: 'mx.example.test',
  tls: { current: () => context },
  implicitTls: false,
  log: silentLog,
  handlers: {
    onRcpt: () => Promise.resolve({ ok: false, reply: replies.unknownRecipient }),
    onMessage: () => Promise.resolve(replies.unavailable),
    onError: () => replies.unavailable,
  },
})
process.stdout.write(`${port}\n`)
