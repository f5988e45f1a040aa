import { randomInt } from 'node:crypto'
import { DnsClient } from '../dns-client.ts'
import { plainName } from '../names.ts'
import { parseServerAddress, type ServerAddress } from '../server-address.ts'
import { messageOverTcp } from '../transports.ts'
import { faultOfReply, signMessage, type TsigKey } from './tsig.ts'
import { CLASS, TYPE, u16, wireName, wireRecord, wireText } from './wire.ts'

/** A TXT record that is to be there, or to be there no more. */
export interface TextChange {
  readonly kind: 'add' | 'remove'
  readonly name: string
  readonly text: string
}

/** What an update came to. `because` is for the operator. */
export type UpdateOutcome = { readonly ok: true } | { readonly ok: false; readonly because: string }

/** How a server is told of changes. */
export interface ZoneUpdater {
  /** Changes TXT records of one zone, all or none (RFC 2136 §3.4.2.7). Never rejects. */
  change(zone: string, changes: readonly TextChange[]): Promise<UpdateOutcome>
  /** The zone that a name is in, as the server knows it. */
  zoneOf(name: string): Promise<{ readonly zone: string } | { readonly because: string }>
  /** The names of the servers of a zone. */
  serversOf(zone: string): Promise<readonly string[]>
}

const waitMs = 10_000
/** Short: what is published is read within the minute, and goes again. */
const ttlSeconds = 60
const UPDATE = 5 << 11
const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
const updateRcodes = ['YXDOMAIN', 'YXRRSET', 'NXRRSET', 'NOTAUTH', 'NOTZONE']

/**
 * Updates zones at their primary server, signed (RFC 2136, RFC 8945).
 *
 * @throws TypeError for a server that is no address
 */
export function createZoneUpdater(server: string, key: TsigKey): ZoneUpdater {
  const address = parseServerAddress(server, () => true)
  const client = new DnsClient({ timeoutMs: 2000, tries: 3, deadlineMs: waitMs })
  return {
    change: (zone, changes) => change(address, key, zone, changes),
    zoneOf: (name) => zoneOf(client, address, name),
    serversOf: (zone) => serversOf(client, address, zone),
  }
}

async function change(
  server: ServerAddress,
  key: TsigKey,
  zone: string,
  changes: readonly TextChange[],
): Promise<UpdateOutcome> {
  const { octets, mac } = signMessage(updateMessage(zone, changes), key)
  const reply = await messageOverTcp(server, octets, waitMs)
  if (!Buffer.isBuffer(reply)) return { ok: false, because: reply.because }
  const isReply =
    reply.length >= 12 &&
    reply.readUInt16BE(0) === octets.readUInt16BE(0) &&
    (reply.readUInt16BE(2) & 0xf800) === (0x8000 | UPDATE)
  if (!isReply) return { ok: false, because: 'a reply to something else' }
  const rcode = reply.readUInt16BE(2) & 0xf
  const fault = faultOfReply(reply, mac, key)
  if (rcode === 0) return fault === undefined ? { ok: true } : { ok: false, because: fault }
  const name = rcodes[rcode] ?? updateRcodes[rcode - rcodes.length] ?? `RCODE ${rcode}`
  const because = fault === undefined ? name : `${name}: ${fault}`
  return { ok: false, because: `the update of ${zone} was refused: ${because}` }
}

/** RFC 2136 §2: the zone stands where questions do, changes where authorities do. */
function updateMessage(zone: string, changes: readonly TextChange[]): Buffer {
  return Buffer.concat([
    u16(randomInt(0x1_0000)),
    u16(UPDATE),
    u16(1),
    u16(0),
    u16(changes.length),
    u16(0),
    Buffer.concat([wireName(zone), u16(TYPE.SOA), u16(CLASS.IN)]),
    ...changes.map(({ kind, name, text }) =>
      kind === 'add'
        ? wireRecord(name, TYPE.TXT, CLASS.IN, ttlSeconds, wireText(text))
        : // RFC 2136 §2.5.4: this record and no other of its kind.
          wireRecord(name, TYPE.TXT, CLASS.NONE, 0, wireText(text)),
    ),
  ])
}

async function zoneOf(
  client: DnsClient,
  server: ServerAddress,
  name: string,
): Promise<{ readonly zone: string } | { readonly because: string }> {
  // Asked for a SOA, a server of the zone answers with it, or says by it that there is none (RFC 2308 §3).
  const answer = await client.ask({ name: plainName(name), type: 'SOA' }, [server])
  if (answer.kind === 'failed') return { because: answer.because }
  const { answers, authorities } = answer.reply
  const soa = [...answers, ...authorities].find(({ type }) => type === 'SOA')
  if (soa === undefined) return { because: `the server has no zone that ${name} is in` }
  return { zone: plainName(soa.name) }
}

async function serversOf(
  client: DnsClient,
  server: ServerAddress,
  zone: string,
): Promise<readonly string[]> {
  const answer = await client.ask({ name: plainName(zone), type: 'NS' }, [server])
  if (answer.kind === 'failed') return []
  return answer.reply.answers.flatMap((record) =>
    record.type === 'NS' ? [plainName(record.data)] : [],
  )
}
