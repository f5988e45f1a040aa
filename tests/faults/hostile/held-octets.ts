import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Octets in buffers that something still holds: what is garbage is collected first. */
export function heldOctets(): number {
  collect()
  collect()
  return process.memoryUsage().arrayBuffers
}
