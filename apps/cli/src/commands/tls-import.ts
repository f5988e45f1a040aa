import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { covers, nameGroups, readChain } from '@posthouse/certificates'
import type { Config } from '@posthouse/config'
import type { NewCertificate, Store } from '@posthouse/store'
import { confirmYes } from '../ask.ts'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { certificateItem, certificateKind } from './certificate-item.ts'

/** `posthouse tls import --cert FILE --key FILE`. */
export async function importCertificate(
  options: ChangeOptions & {
    readonly cert: string
    readonly key: string
    readonly name?: string | undefined
  },
): Promise<void> {
  const terminal = terminalOf(options)
  const key = keyOf(await textOf(options.key), options.key)
  const made = chainOf(await textOf(options.cert), key, options.cert)
  const name = (options.name ?? made.names[0] ?? '').toLowerCase()
  if (name === '')
    throw new CliError('usage', 'tls.nameless', 'The certificate is for no name', 'give --name')
  warn(terminal, made)
  const words = `${made.names.join(', ')}, until ${made.notAfter.toISOString().slice(0, 10)}`
  const config = configOf(options)
  await withStore(options, async ({ certificates, domains }) => {
    const left = await leftOut(name, made, config, domains)
    if (left.length > 0) {
      terminal.talk(
        `! It takes the place of one from the authority, and is not for ${left.join(', ')}.`,
      )
      terminal.talk('  With another --name those keep theirs.')
    }
    if (options.dryRun === true) return terminal.talk(`Would import ${name}: for ${words}`)
    await certificates.import(name, made, key, commandLineActor())
    const found = await certificates.find(name)
    if (found !== undefined) terminal.object(certificateKind, certificateItem(found, []))
    terminal.talk(`${name} is imported: for ${words}. All listeners serve it from now on.`)
    terminal.talk('It is not renewed by itself; import its successor in the same way.')
    terminal.next('posthouse tls status')
  })
}

/** `posthouse tls remove NAME`. */
export async function removeCertificate(
  name: string,
  options: ChangeOptions & { readonly yes?: boolean | undefined },
): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async ({ certificates }) => {
    const found = await certificates.find(name.toLowerCase())
    if (found === undefined) {
      const message = `There is no certificate ${name}`
      throw new CliError('notFound', 'tls.not_found', message, 'posthouse tls status')
    }
    if (options.dryRun === true) return terminal.talk(`Would remove ${found.name} and its key`)
    const question = `Remove the certificate ${found.name} and its key?`
    await confirmYes(question, options.yes === true, options)
    await certificates.remove(found.name, commandLineActor())
    terminal.object(certificateKind, certificateItem(found, []))
    terminal.talk(`${found.name} is removed; its names are served with another certificate.`)
    terminal.next('posthouse tls status')
  })
}

function warn(terminal: Terminal, { chain, notBefore }: NewCertificate): void {
  const leaf = new X509Certificate(chain)
  const isAlone = (chain.match(/BEGIN CERTIFICATE/g) ?? []).length === 1
  if (isAlone && leaf.issuer !== leaf.subject)
    terminal.talk('! The file holds no certificate of its issuer: many clients will not trust it.')
  if (notBefore.getTime() > Date.now())
    terminal.talk(`! It is good from ${notBefore.toISOString()} on only.`)
}

/** Names that are in the authority's certificate of this name, and would be in none. */
async function leftOut(
  name: string,
  { names }: NewCertificate,
  { acme, hostname, clients }: Config,
  domains: Store['domains'],
): Promise<readonly string[]> {
  if (acme === undefined) return []
  const hosted = (await domains.list()).map((domain) => domain.name)
  const group = nameGroups(hostname, hosted, clients.publicHost).find((each) => each.name === name)
  return (group?.candidates ?? []).filter((each) => !covers(names, each))
}

function chainOf(text: string, key: KeyObject, file: string): NewCertificate {
  const made = read()
  if (made.notAfter.getTime() > Date.now()) return made
  const day = made.notAfter.toISOString().slice(0, 10)
  throw new CliError('conflict', 'tls.ended', `The certificate in ${file} ended on ${day}`)

  function read(): NewCertificate {
    try {
      const chain = readChain(text, key)
      // What OpenSSL does not serve (a key that is too small, say) is refused here, and not at a handshake.
      createSecureContext({
        cert: chain.chain,
        key: key.export({ format: 'pem', type: 'pkcs8' }),
        minVersion: 'TLSv1.2',
      })
      return chain
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error)
      throw new CliError('usage', 'tls.unusable', `${file} cannot be used: ${because}`)
    }
  }
}

function keyOf(text: string, file: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    throw new CliError(
      'usage',
      'tls.unusable',
      `${file} holds no private key that can be read`,
      'PEM without a passphrase is wanted',
    )
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    throw new CliError('usage', 'tls.unreadable', `${file} cannot be read: ${because}`)
  }
}
