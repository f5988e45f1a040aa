import { logLevels, type LogQuestion } from '@posthouse/telemetry'
import {
  sessionProtocols,
  type Ask,
  type LevelWanted,
  type RequestName,
  type SessionProtocol,
} from './requests.ts'

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
    case 'log-level': {
      const change = levelOf(args)
      return change === undefined ? undefined : { name: 'log-level', args: change }
    }
    case 'metrics':
    case 'health':
    case 'reload':
      return { name: value['ask'], args: null }
    default:
      return undefined
  }
}

/** A day is as long as a change may last. */
const mostSeconds = 86_400

function levelOf(args: Readonly<Record<string, unknown>>): LevelWanted | null | undefined {
  const { module, level, seconds } = args
  if (module === undefined) return null
  if (typeof module !== 'string' || !/^[a-z][a-z0-9.-]{0,63}$/.test(module)) return undefined
  const known = logLevels.find((name) => name === level)
  if (level !== undefined && known === undefined) return undefined
  const isTime = typeof seconds === 'number' && seconds >= 0 && seconds <= mostSeconds
  return isTime ? { module, level: known, seconds } : undefined
}

/** Reads which lines of the log a client wants to hear; undefined for what is none. */
export function readLogQuestion(value: unknown): LogQuestion | undefined {
  if (!isRecord(value) || value['ask'] !== 'log-follow' || !isRecord(value['args']))
    return undefined
  const { level, apps, names } = value['args']
  const known = logLevels.find((name) => name === level)
  if (known === undefined || !areNames(apps) || !areNames(names)) return undefined
  return { level: known, apps, names }
}

function areNames(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= 10 &&
    value.every((one) => typeof one === 'string' && one.length <= 400)
  )
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
