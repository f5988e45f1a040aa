import { LineClient, Refused } from './line-client.ts'

/** What an SMTP sender may do. */
export interface SmtpErrand {
  readonly port: number
  readonly from: string
  readonly to: readonly string[]
  readonly octets: Buffer
  /** Logs in first, on a submission port. */
  readonly login?: { readonly user: string; readonly password: string }
}

/**
 * Sends one message. Resolves when the final dot was answered with 250.
 * @throws Refused: it was not taken; AnswerLost: before the dot nothing is owed, see `wasSent`
 */
export async function sendMail(errand: SmtpErrand, onDot: () => void): Promise<void> {
  const client = await LineClient.connect(errand.port)
  try {
    await expect(client, '220')
    await ask(client, 'EHLO faults.test', '250')
    if (errand.login !== undefined) await logIn(client, errand.login)
    await ask(client, `MAIL FROM:<${errand.from}>`, '250')
    for (const address of errand.to) await ask(client, `RCPT TO:<${address}>`, '250')
    await ask(client, 'DATA', '354')
    client.send(errand.octets)
    onDot()
    await ask(client, '.', '250')
    client.send('QUIT\r\n')
  } finally {
    client.close()
  }
}

async function logIn(
  client: LineClient,
  { user, password }: { readonly user: string; readonly password: string },
): Promise<void> {
  const response = Buffer.from(`\0${user}\0${password}`).toString('base64')
  await ask(client, `AUTH PLAIN ${response}`, '235')
}

async function ask(client: LineClient, line: string, code: string): Promise<void> {
  client.send(`${line}\r\n`)
  await expect(client, code)
}

async function expect(client: LineClient, code: string): Promise<void> {
  let line = await client.line()
  while (line.charAt(3) === '-') line = await client.line()
  if (!line.startsWith(code)) throw new Refused(line)
}
