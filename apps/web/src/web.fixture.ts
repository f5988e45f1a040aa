import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { startSuite, type Suite, type SuiteOptions } from '@posthouse/testkit'
import { app } from './app.ts'

/** An answer of the web server. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What is asked. */
export interface Asked {
  /** The Host header; absent: the server's own name. */
  readonly host?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly plain?: boolean
}

/** A web server over a database of its own, with the domains example.test and another.test. */
export async function startWeb(options: Omit<SuiteOptions, 'apps'> = {}): Promise<Suite> {
  const suite = await startSuite({ ...options, apps: [app] })
  await suite.account('ada@example.test')
  await suite.account('bob@another.test')
  return suite
}

/** Asks for a path, octet for octet. */
export function ask(suite: Suite, path: string, asked: Asked = {}): Promise<Answer> {
  const { host = 'mail.example.test', method = 'GET', headers = {}, body = '', plain } = asked
  const request = plain === true ? httpRequest : httpsRequest
  const options = {
    host: '127.0.0.1',
    port: suite.port(plain === true ? 'http' : 'https'),
    path,
    method,
    headers: { host, ...headers },
    ca: suite.ca,
    servername: 'mail.example.test',
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      )
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
