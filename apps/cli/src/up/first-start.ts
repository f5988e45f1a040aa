import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Secret } from '@posthouse/config'
import type { Store } from '@posthouse/store'
import { startActor } from '../audit-actor.ts'
import { generatePassword } from '../generate-password.ts'

const firstDomain = 'example.test'
const firstAddress = `you@${firstDomain}`

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
  if (existsSync(preparedPath(dataDir))) return undefined
  const login = (await isEmpty(store)) ? await makeLogin(store, dataDir) : undefined
  await markPrepared(dataDir)
  return login
}

/** From now on a start makes nothing by itself. */
export async function markPrepared(dataDir: string): Promise<void> {
  if (existsSync(preparedPath(dataDir))) return
  await writeFile(preparedPath(dataDir), `${new Date().toISOString()}\n`, { mode: 0o600 })
}

function preparedPath(dataDir: string): string {
  return path.join(dataDir, 'prepared')
}

/** Keeps the first login for who did not read it off the screen. */
export async function writeFirstLogin(dataDir: string, login: FirstLogin): Promise<void> {
  const text = `${login.address}\n${login.password}\n`
  await writeFile(firstLoginPath(dataDir), text, { mode: 0o600 })
}

async function isEmpty(store: Store): Promise<boolean> {
  const [accounts, domains] = await Promise.all([store.accounts.count(), store.domains.list()])
  return accounts === 0 && domains.every(({ name }) => name === firstDomain)
}

async function makeLogin(store: Store, dataDir: string): Promise<FirstLogin | undefined> {
  const password = (await keptPassword(dataDir, firstAddress)) ?? generatePassword()
  await writeFirstLogin(dataDir, { address: firstAddress, password })
  await store.domains.create(firstDomain, startActor())
  const made = await store.accounts.create(
    { address: firstAddress, password: new Secret(password) },
    startActor(),
  )
  if (!made.ok) throw new Error(`the first mailbox could not be made: ${made.reason}`)
  return { address: firstAddress, password }
}

/** A start that was cut short wrote it down already. */
export async function keptPassword(dataDir: string, address: string): Promise<string | undefined> {
  const text = await readFile(firstLoginPath(dataDir), 'utf8').catch(() => '')
  const [kept, password] = text.split('\n')
  return kept === address && password !== undefined && password !== '' ? password : undefined
}
