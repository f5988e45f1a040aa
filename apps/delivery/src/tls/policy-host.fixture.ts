import { once } from 'node:events'
import { createServer } from 'node:https'
import { testAuthority } from '@posthouse/testkit'

/** What a policy host says. */
export interface PolicyAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
  /** Says nothing, an octet at a time without end, or ends in the middle. */
  readonly how?: 'silent' | 'trickle' | 'cut'
}

/** An HTTPS server with a certificate of the test authority. */
export interface PolicyHost {
  readonly port: number
  /** `HOST PATH` of each request. */
  readonly asked: readonly string[]
  answer(answer: PolicyAnswer): void
  close(): Promise<void>
}

/** Starts one on 127.0.0.1, with a certificate for these names. */
export async function startPolicyHost(names: readonly string[]): Promise<PolicyHost> {
  const asked: string[] = []
  let current: PolicyAnswer = { status: 404, body: '' }
  const server = createServer(testAuthority().issue(names), (request, response) => {
    asked.push(`${request.headers.host ?? ''} ${request.url ?? ''}`)
    const { status = 200, headers = {}, body, how } = current
    if (how === 'silent') return
    response.writeHead(status, {
      'content-type': 'text/plain',
      ...headers,
      ...(how === undefined ? {} : { 'content-length': String(body.length + 1000) }),
    })
    if (how === undefined) {
      response.end(body)
      return
    }
    response.write(body.slice(0, 10))
    if (how === 'cut') {
      setTimeout(() => response.destroy(), 50)
      return
    }
    const trickle = setInterval(() => response.write('x'), 50)
    response.on('close', () => clearInterval(trickle))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the host has no port')
  return {
    port: address.port,
    asked,
    answer(answer) {
      current = answer
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
