import { once } from 'node:events'
import { createServer } from 'node:https'
import { testAuthority } from '@posthouse/testkit'

/** The policy host of many domains (RFC 8461 §3.3). */
export interface StsPolicyHost {
  /** Paths that were asked for, behind their host names. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

/** Starts one that gives each domain its policy, with a certificate for all of them. */
export async function startStsPolicyHost(
  place: { readonly address: string; readonly port: number },
  policies: Readonly<Record<string, string>>,
): Promise<StsPolicyHost> {
  const asked: string[] = []
  const names = Object.keys(policies).map((domain) => `mta-sts.${domain}`)
  const server = createServer(testAuthority().issue(names), (request, response) => {
    const host = request.headers.host?.replace(/:\d+$/, '') ?? ''
    asked.push(`${host}${request.url ?? ''}`)
    const body = policies[host.replace(/^mta-sts\./, '')]
    const isThere = body !== undefined && request.url === '/.well-known/mta-sts.txt'
    response.writeHead(isThere ? 200 : 404, { 'content-type': 'text/plain' })
    response.end(isThere ? body : '')
  })
  server.listen(place.port, place.address)
  await once(server, 'listening')
  return {
    asked,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The text of a policy. */
export function stsPolicy(mode: 'enforce' | 'testing' | 'none', mx: string): string {
  return `version: STSv1\r\nmode: ${mode}\r\nmx: ${mx}\r\nmax_age: 86400\r\n`
}
