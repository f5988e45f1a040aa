import { sessionProtocols, type Ask, type RequestName, type SessionProtocol } from './requests.ts'

/** A request with what it takes. */
export type Asked = {
  readonly [N in RequestName]: { readonly name: N; readonly args: Ask<N> }
}[RequestName]

/** Reads a request that came from outside; undefined for what is none. Nothing that is not asked for gets through. */
export function readRequest(value: unknown): Asked | undefined {
  if (!isRecord(value)) return undefined
  const args = isRecord(value['args']) ? value['args'] : {}
  const account = idOf(args['account'])
  switch (value['ask']) {
    case 'sessions':
      if (args['account'] !== undefined && account === undefined) return undefined
      return { name: 'sessions', args: { account } }
    case 'kick': {
      const protocol = protocolOf(args['protocol'])
      if (account === undefined || (args['protocol'] !== undefined && protocol === undefined))
        return undefined
      return { name: 'kick', args: { account, protocol } }
    }
    case 'metrics':
    case 'health':
    case 'reload':
      return { name: value['ask'], args: null }
    default:
      return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? value : undefined
}

function protocolOf(value: unknown): SessionProtocol | undefined {
  return sessionProtocols.find((name) => name === value)
}
