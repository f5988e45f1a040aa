import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Database } from './database.ts'
import { statement } from './statement.ts'

/** The key file is missing, unreadable, or not the one that the database's secrets were sealed with. The message says what to do. */
export class SecretKeyUnfit extends Error {
  override readonly name = 'SecretKeyUnfit'
}

const findCheck = statement<{ readonly key: Buffer }>(
  'sealer_check',
  `SELECT key FROM server_key WHERE name = 'secret-key-check'`,
)
const makeCheck = statement(
  'sealer_make_check',
  `INSERT INTO server_key (name, key) VALUES ('secret-key-check', $1) ON CONFLICT DO NOTHING`,
)

/**
 * Seals what the database keeps and must not give away: private keys, passwords for other servers (AES-256-GCM). The key
 * stands in a file beside the configuration, so that a copy of the database alone tells nothing. It is made when the first
 * secret is sealed; the database remembers which key it was, and no other is used after that.
 */
export class Sealer {
  readonly #database: Database
  readonly #file: string | undefined
  #key: Promise<Buffer> | undefined

  /** `file`: the key's path; without one nothing can be sealed. */
  constructor(database: Database, file: string | undefined) {
    this.#database = database
    this.#file = file
  }

  /**
   * Encrypts a secret. `what` names it (`dkim/example.org/p2026`): it opens under this name only, so that rows cannot be
   * exchanged. Throws SecretKeyUnfit or StoreUnavailable.
   */
  async seal(what: string, secret: Buffer): Promise<Buffer> {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv(algorithm, await this.#octets(), nonce).setAAD(Buffer.from(what))
    const sealed = Buffer.concat([cipher.update(secret), cipher.final()])
    return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), sealed])
  }

  /** Decrypts it. Throws SecretKeyUnfit where it was changed or is another's, or StoreUnavailable. */
  async open(what: string, sealed: Buffer): Promise<Buffer> {
    const key = await this.#octets()
    try {
      if (sealed[0] !== version) throw new Error('unknown version')
      const nonce = sealed.subarray(1, 1 + nonceLength)
      const tag = sealed.subarray(1 + nonceLength, 1 + nonceLength + tagLength)
      const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagLength })
      decipher.setAAD(Buffer.from(what)).setAuthTag(tag)
      const rest = sealed.subarray(1 + nonceLength + tagLength)
      return Buffer.concat([decipher.update(rest), decipher.final()])
    } catch {
      throw new SecretKeyUnfit(`The secret ${what} in the database is damaged: make it anew.`)
    }
  }

  /** The key, read once; a failure is tried again the next time. */
  #octets(): Promise<Buffer> {
    this.#key ??= this.#load().catch((error: unknown) => {
      this.#key = undefined
      throw error
    })
    return this.#key
  }

  async #load(): Promise<Buffer> {
    const file = this.#file
    if (file === undefined) throw new SecretKeyUnfit('No file for the secret key was named.')
    const [row] = await this.#database.query(findCheck)
    const key = (await readKey(file)) ?? (row === undefined ? await makeKey(file) : undefined)
    if (key === undefined) {
      throw new SecretKeyUnfit(
        `${file} is missing. Copy it from the machine, or the backup, where the database's secrets were made.`,
      )
    }
    const check = createHmac('sha256', key).update('posthouse secret key').digest()
    if (row === undefined) await this.#database.execute(makeCheck, [check])
    // Another machine may have been first; what is committed counts.
    const [known] = await this.#database.query(findCheck)
    if (known === undefined || !timingSafeEqual(known.key, check)) {
      throw new SecretKeyUnfit(
        `${file} is not the key that this database's secrets were sealed with. Put the right one there.`,
      )
    }
    return key
  }
}

/** Undefined where there is no file. */
async function readKey(file: string): Promise<Buffer | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new SecretKeyUnfit(`${file} cannot be read: ${String(error)}`)
  })
  if (text === undefined) return undefined
  if (!/^[0-9a-f]{64}\s*$/i.test(text)) {
    throw new SecretKeyUnfit(`${file} holds no key: 64 hexadecimal digits are wanted.`)
  }
  return Buffer.from(text.trim(), 'hex')
}

/**
 * Written aside and linked, so that no process ever reads half a key; whoever comes second reads the first one's. Made by root, it
 * belongs to the folder's owner: a command of root's may be what seals first, and the services must read it.
 */
async function makeKey(file: string): Promise<Buffer | undefined> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`
  const handle = await open(aside, 'wx', 0o600)
  try {
    const { uid, gid } = await stat(path.dirname(file))
    if (process.getuid?.() === 0) await handle.chown(uid, gid)
    await handle.writeFile(`${randomBytes(keyLength).toString('hex')}\n`)
    await handle.sync()
    await link(aside, file).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    })
  } finally {
    await handle.close()
    await rm(aside, { force: true })
  }
  return await readKey(file)
}

const algorithm = 'aes-256-gcm'
const version = 1
const keyLength = 32
const nonceLength = 12
const tagLength = 16
