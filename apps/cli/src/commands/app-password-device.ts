import { open, unlink, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { createTlsSource, serveCertificates } from '@posthouse/app'
import { appleProfile, bestOf, offerFor, signProfile, webUrlOf } from '@posthouse/client-setup'
import type { Config } from '@posthouse/config'
import { parseStoreAddress, type Account, type Store } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { isColourless, terminalOf, type ChangeOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { kind } from '../output/kind.ts'
import { dateTime, optional, string } from '../output/shape.ts'
import { mayColour } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { readTls } from '../up/services.ts'
import { withStore } from '../with-store.ts'
import { refused, requestOf, type AppPasswordOptions } from './app-password-request.ts'
import { findAccount } from './find-account.ts'

/** What `app-password create --qr` or `--mobileconfig` shows. The link is a secret, until it is used or ten minutes are over. */
const handoverKind = kind(
  'ProfileHandover',
  'how a device gets its settings and its app password',
  {
    account: string,
    name: string,
    url: optional(string),
    expires: optional(dateTime),
    file: optional(string),
  },
)

type DeviceOptions = ChangeOptions & AppPasswordOptions

/** `posthouse app-password create ADDRESS --name NAME --qr`: the password is made when the device takes it. */
export async function createProfileLink(address: string, options: DeviceOptions): Promise<void> {
  const terminal = terminalOf(options)
  const config = configOf(options)
  refuseWithoutServers(config)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const request = requestOf(account.address, options)
    if (options.dryRun === true)
      return terminal.talk(`Would make a link to a profile of ${account.address}`)
    const made = await store.profileLinks.create(request, commandLineActor())
    if (!made.ok) throw refused(account.address, made.reason)
    const url = `${webUrlOf(config)}/profile/${made.token.reveal()}`
    if (terminal.presentation.idsOnly) return terminal.data(url)
    const { address: owner } = account
    const expires = made.expiresAt.toISOString()
    terminal.object(handoverKind, {
      id: owner,
      fields: { account: owner, name: options.name, url, expires },
    })
    if (!terminal.isTalking) return
    terminal.talk(`Scan this with the device that is to have mail of ${owner}, within ten minutes:`)
    terminal.data(await qrCode(url, mayColour(process.stdout, isColourless(options))))
    terminal.data(url)
    terminal.talk('The link works once; its app password is made when the device takes it.')
    if (config.clients.publicHost === 'localhost')
      terminal.talk('Other devices cannot reach "localhost": see hostname or clients.public_host.')
    terminal.next(`posthouse app-password list ${owner}`)
  })
}

/** `posthouse app-password create ADDRESS --name NAME --mobileconfig FILE`. */
export async function writeProfile(
  address: string,
  file: string,
  options: DeviceOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  const config = configOf(options)
  refuseWithoutServers(config)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    requestOf(account.address, options)
    if (options.dryRun === true)
      return terminal.talk(`Would make an app password and write the profile with it to ${file}`)
    const handle = await newFile(file)
    try {
      await handle.writeFile(await profileFor(store, config, account, options, terminal))
      await handle.sync()
    } catch (error) {
      await unlink(file)
      throw error
    } finally {
      await handle.close()
    }
    const { address: owner } = account
    const fields = { account: owner, name: options.name, file: path.resolve(file) }
    terminal.object(handoverKind, { id: fields.file, fields })
    terminal.talk(`The profile of ${owner} is in ${file}, with a new app password in it.`)
    terminal.talk('Whoever has the file reads the mail: hand it over, then delete it.')
    terminal.next(`posthouse app-password list ${owner}`)
  })
}

/** The profile is made and signed before the password that is in it counts for anything that went wrong. */
async function profileFor(
  store: Store,
  config: Config,
  account: Account,
  options: DeviceOptions,
  terminal: Terminal,
): Promise<Buffer> {
  const made = await store.appPasswords.create(
    requestOf(account.address, options),
    commandLineActor(),
  )
  if (!made.ok) throw refused(account.address, made.reason)
  const offer = offerFor(config, parseStoreAddress(account.address)?.domain ?? '')
  const owner = { address: account.address, accountId: account.id, password: made.secret }
  const profile = appleProfile(offer, owner) ?? ''
  try {
    return await signProfile(profile, await materialFor(store, config, offer.host))
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    terminal.talk(`It is not signed, and devices will say so: ${because}`)
    return Buffer.from(profile)
  }
}

/** The certificate that clients of this name are served with. */
async function materialFor({ certificates }: Store, config: Config, host: string) {
  const tls = createTlsSource(await readTls(config), config.hostname)
  const isIssuing = config.acme !== undefined
  const serving = await serveCertificates({ tls, certificates, log: silentLog, isIssuing })
  serving.stop()
  return tls.material(host)
}

/** For its owner alone, and never in place of another. */
async function newFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600)
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    const hint = 'name a file that is not there yet'
    throw new CliError('conflict', 'app_password.file', `${file} cannot be made: ${because}`, hint)
  }
}

function refuseWithoutServers(config: Config): void {
  const offer = offerFor(config, config.hostname)
  const isReadable = ['imap', 'pop3'] as const
  const canRead = isReadable.some((protocol) => bestOf(offer, protocol) !== undefined)
  if (canRead && bestOf(offer, 'smtp') !== undefined) return
  const hint = 'see clients.public_ports in posthouse.toml'
  throw new CliError('conflict', 'client_config.nothing', 'There is no server to offer', hint)
}

/** With colours of its own where that may be, so that it is dark on light whatever the terminal is. */
async function qrCode(text: string, isColoured: boolean): Promise<string> {
  const { default: qr } = await import('qrcode')
  const options = isColoured
    ? ({ type: 'terminal', small: true } as const)
    : ({ type: 'utf8' } as const)
  return (await qr.toString(text, options)).trimEnd()
}
