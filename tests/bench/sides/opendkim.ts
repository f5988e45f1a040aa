import { generateKeyPairSync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { benchDomain } from '../side.ts'
import { eventually, startServer, type ServerProcess } from './child.ts'

/** OpenDKIM as a milter that signs everything with RSA-2048, relaxed/relaxed, as Posthouse does. */
export class OpendkimServer {
  readonly #folder: string
  readonly #port: number
  #process: ServerProcess | undefined

  constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  /** In Postfix's words. */
  get socket(): string {
    return `inet:127.0.0.1:${this.#port}`
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Starts it unless it runs. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return
    await this.#prepare()
    this.#process = startServer('/usr/sbin/opendkim', ['-f', '-x', this.#file('conf')], {
      logFile: this.#file('log'),
    })
    await eventually(() => connects(this.#port))
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
    this.#process = undefined
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
    await writeFile(this.#file('key'), pem, { mode: 0o600 })
    await writeFile(this.#file('keys'), `bench ${benchDomain}:bench:${this.#file('key')}\n`)
    await writeFile(this.#file('signers'), '* bench\n')
    const settings = [
      'Mode s',
      'Syslog no',
      `Socket inet:${this.#port}@127.0.0.1`,
      'Canonicalization relaxed/relaxed',
      `KeyTable file:${this.#file('keys')}`,
      `SigningTable refile:${this.#file('signers')}`,
      'RequireSafeKeys no',
    ]
    await writeFile(this.#file('conf'), `${settings.join('\n')}\n`)
  }

  #file(name: string): string {
    return path.join(this.#folder, name)
  }
}

function connects(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
}
