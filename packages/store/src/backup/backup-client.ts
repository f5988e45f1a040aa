import { Client } from 'pg'
import { clientConfig, databaseLimits } from '../connections.ts'
import { storeError } from '../unavailable.ts'

/** Reading and filling whole tables takes as long as it takes. */
const limits = { ...databaseLimits, statementMs: 0, lockMs: 60_000, idleInTransactionMs: 0 }

/**
 * Runs work on a connection of its own, which `signal` cuts: what was not committed is undone.
 *
 * @throws StoreUnavailable, or what `work` throws
 */
export async function withBackupClient<T>(
  url: string,
  work: (client: Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = new Client({ ...clientConfig(url, 'backup', limits), query_timeout: 0 })
  // An error without a listener ends the process; whoever waits for an answer hears of it.
  client.on('error', () => undefined)
  const cut = (): void => void client.connection.stream.destroy()
  signal?.addEventListener('abort', cut)
  try {
    signal?.throwIfAborted()
    await client.connect()
    return await work(client)
  } catch (error) {
    throw storeError(error)
  } finally {
    signal?.removeEventListener('abort', cut)
    await client.end().catch(() => undefined)
  }
}

/** A name as an identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
