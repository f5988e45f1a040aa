export type { Connection, TlsDetails } from './connection.ts'
export type {
  LineLimits,
  LineRead,
  LineReader,
  LiteralLimits,
  LiteralRead,
  SkipResult,
} from './line-reader.ts'
export type { TlsContext } from './tls-context.ts'
export type { ListenOptions, Listener } from './listen.ts'
export { listen } from './listen.ts'
export { ListenError } from './listen-error.ts'
export { addressGroup, isLoopbackAddress, plainAddress } from './address.ts'
export { networkGroup, networks, noNetworks, type Networks } from './networks.ts'
export { ConnectionLimits } from './connection-limits.ts'
export { LeakyCounts } from './leaky-counts.ts'
