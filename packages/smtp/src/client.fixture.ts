import type { OutboundMessage, RecipientOutcome } from './outcome.ts'
import { startScriptedServer, type Script, type ScriptedServer } from './scripted-server.fixture.ts'
import { connectSmtp, type SmtpClient, type SmtpClientOptions } from './smtp-client.ts'

/** What the tests of a file opened; run `closeAll` after them. */
export const closers: (() => Promise<void>)[] = []

/** Closes all of it. */
export async function closeAll(): Promise<void> {
  await Promise.all(closers.map((close) => close()))
}

/** A scripted server. */
export async function serve(script: Script, greeting?: string): Promise<ScriptedServer> {
  const server = await startScriptedServer(script, greeting)
  closers.push(() => server.close())
  return server
}

/** Where it is. */
export function optionsFor(port: number, more: Partial<SmtpClientOptions> = {}): SmtpClientOptions {
  return {
    host: 'peer.example',
    address: '127.0.0.1',
    port,
    name: 'mx.example.test',
    tls: 'opportunistic',
    ...more,
  }
}

/** A session with it. */
export async function connect(
  port: number,
  more?: Partial<SmtpClientOptions>,
): Promise<SmtpClient> {
  const connected = await connectSmtp(optionsFor(port, more))
  if (!connected.ok) throw new Error(connected.failure.because)
  closers.push(() => Promise.resolve(connected.client.destroy()))
  return connected.client
}

/** A small message. */
export const message: OutboundMessage = {
  sender: 'ada@example.test',
  recipients: [{ address: 'bob@peer.example' }],
  octets: [Buffer.from('Received: x\r\n'), Buffer.from('Subject: hi\r\n\r\n.dot\r\n')],
  isEightBit: false,
  needsSmtpUtf8: false,
}

/** The outcomes in a word each. */
export const kinds = (result: {
  recipients: readonly { outcome: RecipientOutcome }[]
}): readonly string[] => result.recipients.map(({ outcome }) => outcome.kind)
