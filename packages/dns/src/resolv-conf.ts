import { readFileSync, statSync } from 'node:fs'
import { parseServerAddress, type ServerAddress } from './server-address.ts'

/** As many as C libraries use (resolv.conf(5), MAXNS). */
const maxServers = 3

/** How long the file is taken for unchanged. */
const lookEveryMs = 5000

/**
 * The system's DNS servers, out of /etc/resolv.conf, looked at again when the file changes; without any, the one on this
 * machine (resolv.conf(5)). A server elsewhere is trusted where the file says `options trust-ad`.
 */
export class SystemServers {
  readonly #path: string
  readonly #isTrusted: (host: string) => boolean
  #servers: readonly ServerAddress[] = []
  #version: string | undefined
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(path: string, isTrusted: (host: string) => boolean) {
    this.#path = path
    this.#isTrusted = isTrusted
  }

  /** The servers of the moment; the same array while the file is the same. */
  current(): readonly ServerAddress[] {
    const now = performance.now()
    if (now - this.#lookedAt < lookEveryMs) return this.#servers
    this.#lookedAt = now
    const version = versionOf(this.#path)
    if (version !== this.#version) {
      this.#version = version
      this.#servers = parseResolvConf(textOf(this.#path), this.#isTrusted)
    }
    return this.#servers
  }
}

/** Servers of a resolv.conf's text; what is not understood is passed over, as C libraries do. */
export function parseResolvConf(
  text: string,
  isTrusted: (host: string) => boolean,
): readonly ServerAddress[] {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  const trustsAd = lines.some((words) => words[0] === 'options' && words.includes('trust-ad'))
  const servers = lines
    .filter(([keyword]) => keyword === 'nameserver')
    .flatMap(([, address = '']) => serverOf(address, (host) => trustsAd || isTrusted(host)))
  return servers.length > 0 ? servers.slice(0, maxServers) : serverOf('127.0.0.1', () => true)
}

function serverOf(address: string, isTrusted: (host: string) => boolean): readonly ServerAddress[] {
  try {
    return [parseServerAddress(address, isTrusted)]
  } catch {
    return []
  }
}

function versionOf(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path)
    return `${ino} ${mtimeMs} ${size}`
  } catch {
    return 'none'
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
