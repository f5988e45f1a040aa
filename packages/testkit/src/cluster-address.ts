import { createHash } from 'node:crypto'
import os from 'node:os'

/**
 * Where the keeper listens: a name in Linux's abstract socket space, which belongs to this checkout, user and temporary folder,
 * is taken by one process only, and vanishes with it.
 */
export function clusterAddress(): string {
  const place = `${os.userInfo().uid} ${os.tmpdir()} ${import.meta.url}`
  return `\0posthouse-test-${createHash('sha256').update(place).digest('hex').slice(0, 24)}`
}
