import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { testAuthority } from '@posthouse/testkit'
import { AcmeClient } from './acme-client.ts'

/** How a path is answered. */
export type Answer = (request: IncomingMessage, response: ServerResponse, base: string) => void

/** The key of the account. */
export const accountKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** An authority whose answers are these, by path; its directory is right. */
export async function withAuthority(
  answers: Readonly<Record<string, Answer>>,
  work: (client: AcmeClient, base: string, asked: readonly string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = []
  const server = createServer({ ...testAuthority().leaf }, (request, response) => {
    request.resume()
    const path = request.url ?? ''
    asked.push(`${request.method} ${path}`)
    response.setHeader('replay-nonce', `nonce${asked.length}`)
    const answer = answers[path]
    if (answer !== undefined) return answer(request, response, base)
    if (path !== '/nonce') response.statusCode = 404
    response.end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const base = `https://localhost:${address.port}`
  const client = new AcmeClient({
    directory: `${base}/directory`,
    ca: testAuthority().ca,
    key: accountKey,
    limitMs: 500,
  })
  try {
    await work(client, base, asked)
  } finally {
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
  }
}

/** A directory that names its resources. */
export const directory: Answer = (_, response, base) => {
  const body = {
    newNonce: `${base}/nonce`,
    newAccount: `${base}/account`,
    newOrder: `${base}/order`,
  }
  json(response, 200, body)
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
