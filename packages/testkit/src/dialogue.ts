import type { PortName } from '@posthouse/config'
import type { RawClient } from './raw-client.ts'

/** The password of accounts that are made without another. */
export const defaultPassword = 'analytical'

/** Reads what a server says first. */
export function readGreeting(client: RawClient, port: PortName): Promise<string[]> {
  return client.readLines((line) => isLineProtocol(port) || isLastReplyLine(line))
}

/** Logs in the way the listener's protocol wants it. Rejects with the server's words. */
export async function logIn(
  client: RawClient,
  port: PortName,
  address: string,
  password: string = defaultPassword,
): Promise<void> {
  switch (port) {
    case 'imap':
    case 'imaps':
      return logInImap(client, address, password)
    case 'pop3':
    case 'pop3s':
      await ask(client, `USER ${address}`, '+OK')
      return ask(client, `PASS ${password}`, '+OK')
    case 'submission':
    case 'submissions':
      return logInSmtp(client, address, password)
    default:
      throw new Error(`nobody logs in on ${port}`)
  }
}

async function logInImap(client: RawClient, address: string, password: string): Promise<void> {
  client.sendLine(`login0 LOGIN ${quoted(address)} ${quoted(password)}`)
  const lines = await client.readLines((line) => line.startsWith('login0 '))
  const last = lines.at(-1) ?? ''
  if (!last.startsWith('login0 OK')) throw new Error(`LOGIN: ${last}`)
}

async function logInSmtp(client: RawClient, address: string, password: string): Promise<void> {
  await ask(client, 'EHLO client.example.test', '250')
  const response = Buffer.from(`\0${address}\0${password}`, 'utf8').toString('base64')
  await ask(client, `AUTH PLAIN ${response}`, '235')
}

async function ask(client: RawClient, line: string, wanted: string): Promise<void> {
  client.sendLine(line)
  const reply = await client.readLines((each) => !/^\d{3}-/.test(each))
  const last = reply.at(-1) ?? ''
  if (!last.startsWith(wanted)) throw new Error(`${line}: ${last}`)
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

function isLineProtocol(port: PortName): boolean {
  return port.startsWith('imap') || port.startsWith('pop3')
}

/** RFC 5321 §4.2.1: the last line of a reply has a space after its code. */
function isLastReplyLine(line: string): boolean {
  return /^\d{3}( |$)/.test(line)
}
