export type {
  Answer,
  DnssecStatus,
  MxRecord,
  Resolver,
  Standing,
  SrvRecord,
  TlsaRecord,
} from './resolver.ts'
export { createResolver } from './dns-resolver.ts'
export type { ResolverOptions } from './dns-resolver.ts'
export type { CacheLimits } from './answer-cache.ts'
export { reverseName } from './names.ts'
export { Zone } from './zone.ts'
export type { ZoneAlias, ZoneAnswer } from './zone.ts'
export type { ZoneMark, ZoneRecord, ZoneType } from './zone-record.ts'
export { parseMx, parseSrv, parseTlsa, zoneResolver } from './zone-resolver.ts'
export { createZoneUpdater } from './update/zone-update.ts'
export type { TextChange, UpdateOutcome, ZoneUpdater } from './update/zone-update.ts'
export { parseTsigKey } from './update/tsig.ts'
export type { TsigKey } from './update/tsig.ts'
