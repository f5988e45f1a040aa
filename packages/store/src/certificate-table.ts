import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { Actor } from './audit.ts'
import { writeAudit } from './audit-trail.ts'
import * as sql from './certificate-statements.ts'
import { certificateChannel, certificateOf, challengeChannel } from './certificate-statements.ts'
import type * as certificates from './certificates.ts'
import type { Certificate, Certificates } from './certificates.ts'
import type { Database } from './database.ts'
import { SecretKeyUnfit, type Sealer } from './sealer.ts'

const lockText = `SELECT pg_try_advisory_lock(hashtextextended('posthouse certificates', 0)) AS is_alone`
/** What an authority or a resolver said may be long. */
const maxText = 1000

/** Certificates over one database, their private keys sealed. */
export class CertificateTable implements Certificates {
  readonly #database: Database
  readonly #sealer: Sealer

  constructor(database: Database, sealer: Sealer) {
    this.#database = database
    this.#sealer = sealer
  }

  async list(): Promise<readonly Certificate[]> {
    return (await this.#database.query(sql.listCertificates)).map(certificateOf)
  }

  async find(name: string): Promise<Certificate | undefined> {
    const [row] = await this.#database.query(sql.findCertificate, [name])
    return row === undefined ? undefined : certificateOf(row)
  }

  async importedNames(): Promise<readonly string[]> {
    return (await this.#database.query(sql.importedNames)).map(([name]) => name)
  }

  async missingNames(certificate?: string): Promise<readonly certificates.MissingName[]> {
    const rows = await this.#database.query(sql.listMissing, [certificate ?? null])
    return rows.map(sql.missingOf)
  }

  async served(name?: string): ReturnType<Certificates['served']> {
    const served: certificates.ServedCertificate[] = []
    const unreadable: string[] = []
    const rows = await this.#database.query(sql.servedRows, [name ?? null])
    for (const [id, source, cert, pin, sealed] of rows) {
      try {
        const key = readKey(await this.#sealer.open(secretName(pin), sealed))
        const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString()
        served.push({ name: id, source, cert, key: pem })
      } catch (error) {
        if (!(error instanceof SecretKeyUnfit)) throw error
        unreadable.push(id)
      }
    }
    return { served, unreadable }
  }

  async equip(name: string, make: () => Promise<KeyObject>): Promise<Certificate> {
    const there = await this.find(name)
    if (there !== undefined) return there
    const values = await this.#sealed(await make())
    await this.#database.execute(sql.insertCertificate, [name, ...values])
    const made = await this.find(name)
    if (made === undefined) throw new Error(`There is no certificate ${name}`)
    return made
  }

  async key(name: string, which: 'present' | 'next'): Promise<KeyObject | undefined> {
    const [row] = await this.#database.query(sql.keyRow, [name])
    if (row === undefined) return undefined
    const [pin, sealed, nextPin, nextSealed] = row
    if (which === 'present') return readKey(await this.#sealer.open(secretName(pin), sealed))
    if (nextPin === null || nextSealed === null) return undefined
    return readKey(await this.#sealer.open(secretName(nextPin), nextSealed))
  }

  async keepNext(name: string, key: KeyObject): Promise<void> {
    await this.#database.execute(sql.setNext, [name, ...(await this.#sealed(key))])
  }

  async replaceKey(name: string, key: KeyObject, by: Actor): Promise<void> {
    const values = await this.#sealed(key)
    await this.#database.transact(async (tx) => {
      const [row] = await tx.query(sql.replaceKey, [name, ...values])
      if (row !== undefined) await writeAudit(tx, by, 'certificate.key.replaced', name)
    })
  }

  async noteNext(name: string, ttlSeconds: number | undefined): Promise<void> {
    await this.#database.execute(sql.noteNext, [name, ttlSeconds ?? null])
  }

  async noteOrder(name: string, order: certificates.CertificateOrder | undefined): Promise<void> {
    const values = [name, order?.url ?? null, order?.names ?? null, order?.isNext ?? null]
    await this.#database.execute(sql.noteOrder, values)
  }

  async install(
    name: string,
    certificate: Parameters<Certificates['install']>[1],
    by: Actor,
  ): Promise<void> {
    const { chain, names, notBefore, notAfter, renewAt, keptSeconds, isNext } = certificate
    await this.#database.transact(async (tx) => {
      const values = [name, chain, names, notBefore, notAfter, renewAt, isNext, keptSeconds]
      const [row] = await tx.query(sql.installCertificate, values)
      if (row === undefined) throw new Error(`${name} has no such key any more`)
      await tx.execute(sql.dropCovered, [names])
      await writeAudit(tx, by, 'certificate.issued', name, { names, notAfter, isNext })
      tx.notify(certificateChannel, name)
    })
  }

  async renewAt(name: string, at: Date): Promise<void> {
    await this.#database.execute(sql.setRenewal, [name, at])
  }

  async noteFailure(
    name: string,
    { kind, text }: certificates.CertificateProblem,
    restSeconds: number,
  ): Promise<void> {
    await this.#database.execute(sql.noteFailure, [name, kind, plain(text), restSeconds])
  }

  async noteIdle(name: string, restSeconds: number): Promise<void> {
    await this.#database.execute(sql.noteIdle, [name, restSeconds])
  }

  async noteMissing(
    certificate: string,
    names: Parameters<Certificates['noteMissing']>[1],
  ): Promise<void> {
    const list = names.map(({ name }) => name)
    await this.#database.transact(async (tx) => {
      await tx.execute(sql.forgetMissing, [certificate, list])
      const reasons = names.map(({ because }) => plain(because))
      await tx.execute(sql.noteMissing, [certificate, list, reasons])
    })
  }

  async noteNameFailure(
    certificate: string,
    name: string,
    because: string,
    restSeconds: number,
  ): Promise<void> {
    const values = [certificate, name, plain(because), restSeconds]
    await this.#database.execute(sql.noteNameFailure, values)
  }

  async import(
    name: string,
    { chain, names, notBefore, notAfter }: certificates.NewCertificate,
    key: KeyObject,
    by: Actor,
  ): Promise<void> {
    const [pin, sealed] = await this.#sealed(key)
    await this.#database.transact(async (tx) => {
      const values = [name, names, chain, pin, sealed, notBefore, notAfter]
      await tx.execute(sql.importCertificate, values)
      await tx.execute(sql.dropCovered, [names])
      await writeAudit(tx, by, 'certificate.imported', name, { names, notAfter })
      tx.notify(certificateChannel, name)
    })
  }

  remove(name: string, by: Actor): Promise<boolean> {
    return this.#database.transact(async (tx) => {
      const [row] = await tx.query(sql.removeCertificate, [name])
      if (row === undefined) return false
      await writeAudit(tx, by, 'certificate.removed', name)
      tx.notify(certificateChannel, name)
      return true
    })
  }

  async account(directory: string): Promise<certificates.AcmeAccount | undefined> {
    const [row] = await this.#database.query(sql.findAccount, [directory])
    if (row === undefined) return undefined
    const [sealed, url, email] = row
    const key = readKey(await this.#sealer.open(accountName(directory), sealed))
    return { key, url: url ?? undefined, email: email ?? undefined }
  }

  async keepAccount(
    directory: string,
    { key, url, email }: certificates.AcmeAccount,
  ): Promise<void> {
    const sealed = await this.#sealer.seal(accountName(directory), octetsOf(key))
    const values = [directory, sealed, url ?? null, email ?? null]
    await this.#database.execute(sql.keepAccount, values)
  }

  async putChallenges(challenges: readonly certificates.AcmeChallenge[]): Promise<void> {
    await this.#database.transact(async (tx) => {
      await tx.execute(sql.purgeChallenges)
      for (const { token, kind, name, answer } of challenges)
        await tx.execute(sql.putChallenge, [token, kind, name, answer])
      tx.notify(challengeChannel, '')
    })
  }

  async dropChallenges(tokens: readonly string[]): Promise<void> {
    await this.#database.transact(async (tx) => {
      await tx.execute(sql.dropChallenges, [tokens])
      tx.notify(challengeChannel, '')
    })
  }

  async challengeAnswer(token: string): Promise<string | undefined> {
    const [row] = await this.#database.query(sql.challengeAnswer, [token])
    return row?.[0]
  }

  challenges(): Promise<readonly certificates.AcmeChallenge[]> {
    return this.#database.query(sql.listChallenges)
  }

  alone<T>(work: () => Promise<T>): Promise<{ readonly value: T } | undefined> {
    // The lock is this connection's, and goes with it: a machine that dies leaves nothing locked.
    return this.#database.bulk(async (client) => {
      const locked = await client.query<{ readonly is_alone: boolean }>(lockText)
      if (locked.rows[0]?.is_alone !== true) return undefined
      try {
        return { value: await work() }
      } finally {
        await client.query('SELECT pg_advisory_unlock_all()')
      }
    })
  }

  onChange(listener: (name: string | undefined) => void): () => void {
    const heard = { onWake: listener, onGap: () => listener(undefined) }
    return this.#database.notifier.listen(certificateChannel, heard)
  }

  onChallenge(listener: () => void): () => void {
    const heard = { onWake: listener, onGap: listener }
    return this.#database.notifier.listen(challengeChannel, heard)
  }

  async #sealed(key: KeyObject): Promise<readonly [pin: Buffer, sealed: Buffer]> {
    const pin = publicKeyPin(key)
    return [pin, await this.#sealer.seal(secretName(pin), octetsOf(key))]
  }
}

/** SHA-256 of the SubjectPublicKeyInfo of a key, public or private: what a TLSA record 3 1 1 holds (RFC 7671 §5.1). */
export function publicKeyPin(key: KeyObject): Buffer {
  const half = key.type === 'private' ? createPublicKey(key) : key
  const spki = half.export({ format: 'der', type: 'spki' })
  return createHash('sha256').update(spki).digest()
}

/** What a private key is sealed as: it opens for its own public half only, wherever its row stands. */
function secretName(pin: Buffer): string {
  return `certificate/${pin.toString('hex')}`
}

function accountName(directory: string): string {
  return `acme/${directory}`
}

function octetsOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'pkcs8' })
}

function readKey(octets: Buffer): KeyObject {
  return createPrivateKey({ key: octets, format: 'der', type: 'pkcs8' })
}

/** As Postgres takes it. */
function plain(text: string): string {
  return text.replaceAll('\0', '').slice(0, maxText)
}
