import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Secret } from '@posthouse/config'
import type { Store } from '@posthouse/store'
import { startActor } from '../audit-actor.ts'
import { generatePassword } from '../generate-password.ts'

const domain = 'example.test'
const address = `you@${domain}`

/** The login that a first start makes. */
export interface FirstLogin {
  readonly address: string
  readonly password: string
}

/** The file that keeps the first login: address, newline, password. */
export function firstLoginPath(dataDir: string): string {
  return path.join(dataDir, 'first-login')
}

/**
 * On an empty database with a new data folder: makes a domain and a mailbox to begin with. The password is
 * written down before the account is made, so that a start that is cut short loses nothing.
 * @returns the login, once: the start that made it prints it
 */
export async function prepareFirstStart(
  store: Store,
  dataDir: string,
): Promise<FirstLogin | undefined> {
  const done = path.join(dataDir, 'prepared')
  if (existsSync(done)) return undefined
  const login = (await isEmpty(store)) ? await makeLogin(store, dataDir) : undefined
  await writeFile(done, `${new Date().toISOString()}\n`, { mode: 0o600 })
  return login
}

async function isEmpty(store: Store): Promise<boolean> {
  const [accounts, domains] = await Promise.all([store.accounts.count(), store.domains.list()])
  return accounts === 0 && domains.every(({ name }) => name === domain)
}

async function makeLogin(store: Store, dataDir: string): Promise<FirstLogin | undefined> {
  const password = (await keptPassword(dataDir)) ?? generatePassword()
  await writeFile(firstLoginPath(dataDir), `${address}\n${password}\n`, { mode: 0o600 })
  await store.domains.create(domain, startActor())
  const made = await store.accounts.create(
    { address, password: new Secret(password) },
    startActor(),
  )
  if (!made.ok) throw new Error(`the first mailbox could not be made: ${made.reason}`)
  return { address, password }
}

/** A start that was cut short wrote it down already. */
async function keptPassword(dataDir: string): Promise<string | undefined> {
  const text = await readFile(firstLoginPath(dataDir), 'utf8').catch(() => '')
  const [kept, password] = text.split('\n')
  return kept === address && password !== undefined && password !== '' ? password : undefined
}
