import { readFile } from 'node:fs/promises'
import { RawClient } from '@posthouse/testkit'
import type { ProcessSuite } from './process-suite.ts'

/** The ports on which people sign in under TLS from the first octet. */
export type SignInPort = 'imaps' | 'pop3s' | 'submissions'

/** One attempt to sign in on a connection of its own, from any address of 127.0.0.0/8; gives the server's answer. */
export async function attemptSignIn(
  suite: ProcessSuite,
  port: SignInPort,
  login: string,
  secret: string,
  from = '127.0.0.1',
  caFile = suite.caFile,
): Promise<string> {
  const ca = await readFile(caFile, 'utf8')
  const client = await RawClient.connect({
    port: suite.ports[port],
    from,
    tls: true,
    ca,
    serverName: 'mail.example.test',
  })
  try {
    await client.readLine()
    return await dialogues[port](client, login, secret)
  } finally {
    client.close()
  }
}

const dialogues: Readonly<
  Record<SignInPort, (client: RawClient, login: string, secret: string) => Promise<string>>
> = {
  async imaps(client, login, secret) {
    client.sendLine(`a LOGIN "${login}" "${secret}"`)
    return client.readLine()
  },
  async pop3s(client, login, secret) {
    client.sendLine(`USER ${login}`)
    await client.readLine()
    client.sendLine(`PASS ${secret}`)
    return client.readLine()
  },
  async submissions(client, login, secret) {
    client.sendLine('EHLO client.example.org')
    await client.readLines((line) => line.startsWith('250 '))
    client.sendLine(`AUTH PLAIN ${Buffer.from(`\0${login}\0${secret}`).toString('base64')}`)
    return client.readLine()
  },
}
