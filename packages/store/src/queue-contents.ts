import { unpackChunk } from './content-reader.ts'
import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import { tupleStatement } from './statement.ts'
import { uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'

const heads = tupleStatement<
  readonly [queueId: string, content: Buffer, prefix: Buffer, size: number]
>(
  'queue_heads',
  'SELECT queue_id, content, prefix, size FROM queue_message WHERE queue_id = ANY ($1::uuid[])',
)

/** Only what waits to be sent: what was held or deleted since it was claimed has nobody waiting. */
const freeHeads = tupleStatement<
  readonly [queueId: string, content: Buffer, prefix: Buffer, size: number]
>(
  'queue_free_heads',
  `SELECT queue_id, content, prefix, size FROM queue_message m WHERE queue_id = ANY ($1::uuid[])
  AND EXISTS (SELECT FROM queue_recipient r WHERE r.queue_id = m.queue_id AND r.state = 'waiting')`,
)

interface Chunk {
  readonly encoding: number
  readonly octets: Buffer
}

/** Prefix and content of queued messages: one read for the rows, one COPY for all octets. */
export async function readQueueContents(
  database: Database,
  queueIds: readonly string[],
  { isToBeSent = false }: { readonly isToBeSent?: boolean } = {},
): Promise<ReadonlyMap<string, Buffer>> {
  const uuids = queueIds.flatMap((id) => uuidFromBase32(id) ?? [])
  const whole = new Map<string, Buffer>()
  if (uuids.length === 0) return whole
  const rows = await database.query(isToBeSent ? freeHeads : heads, [uuids])
  const chunks = await readChunks(
    database,
    rows.map(([, content]) => content),
  )
  for (const [uuid, content, prefix, size] of rows) {
    const parts = [prefix]
    for (const { encoding, octets } of chunks.get(content.toString('hex')) ?? []) {
      parts.push(await unpackChunk(encoding, octets))
    }
    const octets = Buffer.concat(parts)
    if (octets.length !== size) throw new Error(`Queued message ${uuidToBase32(uuid)} is not whole`)
    whole.set(uuidToBase32(uuid), octets)
  }
  return whole
}

async function readChunks(
  database: Database,
  hashes: readonly Buffer[],
): Promise<ReadonlyMap<string, readonly Chunk[]>> {
  const found = new Map<string, Chunk[]>()
  const unique = new Map(hashes.map((hash) => [hash.toString('hex'), hash]))
  if (unique.size === 0) return found
  const list = [...unique.values()].map((hash) => sqlText.bytes(hash)).join(', ')
  const select = `SELECT hash, encoding, octets FROM (
    SELECT hash, 0 AS n, encoding, octets FROM content WHERE hash IN (${list})
    UNION ALL SELECT hash, n, encoding, octets FROM content_chunk WHERE hash IN (${list})
  ) c ORDER BY hash, n`
  await database.bulk((client) =>
    copyOut(client, select, (row) => {
      const hash = row.bytes()?.toString('hex') ?? ''
      const chunk = { encoding: row.integer(), octets: row.bytes() ?? Buffer.alloc(0) }
      const known = found.get(hash)
      if (known === undefined) found.set(hash, [chunk])
      else known.push(chunk)
    }),
  )
  return found
}
