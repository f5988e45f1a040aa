import { plainName } from './names.ts'
import type { ReadRecord } from './outcome.ts'
import type { MxRecord, SrvRecord, TlsaRecord } from './resolver.ts'

/** A, AAAA: the address. */
export const readAddress: ReadRecord<string> = (record) =>
  record.type === 'A' || record.type === 'AAAA' ? record.data : undefined

/** PTR, CNAME: the name. */
export const readName: ReadRecord<string> = (record) =>
  record.type === 'PTR' || record.type === 'CNAME' ? plainName(record.data) : undefined

/** MX. */
export const readMx: ReadRecord<MxRecord> = (record) =>
  record.type === 'MX'
    ? { exchange: plainName(record.data.exchange), preference: record.data.preference ?? 0 }
    : undefined

/** TXT: its strings joined without anything between them (RFC 7208 §3.3, RFC 6376 §3.6.2.2). */
export const readTxt: ReadRecord<string> = (record) => {
  if (record.type !== 'TXT') return undefined
  const strings = Array.isArray(record.data) ? record.data : [record.data]
  return Buffer.concat(strings.map((each) => Buffer.from(each))).toString()
}

/** SRV. */
export const readSrv: ReadRecord<SrvRecord> = (record) => {
  if (record.type !== 'SRV') return undefined
  const { priority = 0, weight = 0, port, target } = record.data
  return { priority, weight, port, target: plainName(target) }
}

/** TLSA. */
export const readTlsa: ReadRecord<TlsaRecord> = (record) => {
  if (record.type !== 'TLSA') return undefined
  const { usage, selector, matchingType, certificate } = record.data
  return { usage, selector, matchingType, data: Buffer.from(certificate) }
}
