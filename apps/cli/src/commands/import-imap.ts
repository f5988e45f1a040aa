import type { Store } from '@posthouse/store'
import { choosePassword, type PasswordOptions } from '../ask.ts'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { planFolders, type FolderPlan } from '../import/folder-plan.ts'
import { AccountFull, MailImport, type FolderResult } from '../import/import-mail.ts'
import { ImapSource, SourceLost, type SourceOptions } from '../import/imap-source.ts'
import { stopOnInterrupt } from '../interruption.ts'
import { Progress } from '../output/progress.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { tellOfImport } from './import-report.ts'

interface ImportOptions extends ChangeOptions, PasswordOptions {
  readonly host: string
  readonly user: string
  readonly port?: string | undefined
  readonly starttls?: boolean | undefined
  readonly insecure?: boolean | undefined
  readonly anyCertificate?: boolean | undefined
  readonly map?: readonly string[] | undefined
}

/** `posthouse import imap ADDRESS`. Exit code 9 where something was left. */
export async function importImap(address: string, options: ImportOptions): Promise<void> {
  const terminal = terminalOf(options)
  const map = readMap(options.map ?? [])
  const source = await sourceOf(options)
  const { limits } = configOf(options)
  const signal = stopOnInterrupt(terminal)
  const progress = new Progress(terminal)
  const outcome = await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const plan = await foldersOf(store, account.id, source, map)
    const began = performance.now()
    let finished = 0
    const work = new MailImport({
      store,
      account: account.id,
      source: `${source.user}@${source.host}:${source.port}`,
      connect: () => ImapSource.connect(source),
      messageBytes: limits.messageBytes,
      signal,
      told: (folder, done, of) => {
        const rate = Math.round(((finished + done) * 1000) / (performance.now() - began))
        const percent = Math.floor((100 * done) / Math.max(1, of))
        progress.tell(`${folder}  ${percent} %  ${done}/${of} messages, ${rate} a second`, {
          done,
          of,
        })
      },
    })
    const results: FolderResult[] = []
    try {
      for (const folder of plan) {
        if (!('target' in folder) || signal.aborted) continue
        const result = await work.folder(folder, options.dryRun === true)
        results.push(result)
        finished += result.messages
      }
    } catch (error) {
      if (!signal.aborted) throw explained(error, source, options)
    } finally {
      progress.end()
      await work.close()
    }
    const skipped = plan.flatMap((one) =>
      'because' in one ? [{ folder: one.folder.path, because: one.because }] : [],
    )
    return { results, skipped, isInterrupted: signal.aborted }
  }).catch((error: unknown) => {
    throw explained(error, source, options)
  })
  if (options.dryRun !== true) await noted(options, address, source, outcome.results)
  tellOfImport(terminal, {
    ...outcome,
    address,
    host: source.host,
    isDryRun: options.dryRun === true,
  })
}

async function noted(
  options: ImportOptions,
  address: string,
  { host, user }: SourceOptions,
  results: readonly FolderResult[],
): Promise<void> {
  const added = results.reduce((sum, result) => sum + result.added, 0)
  await withStore(options, (store) =>
    store.audit.write(commandLineActor(), 'mail.imported', address, { host, user, added }),
  )
}

async function foldersOf(
  store: Store,
  account: Parameters<Store['mailboxes']>[0],
  source: SourceOptions,
  map: ReadonlyMap<string, string>,
): Promise<readonly FolderPlan[]> {
  const session = await ImapSource.connect(source)
  try {
    const folders = await session.folders()
    for (const name of map.keys()) {
      if (folders.some(({ path }) => path === name)) continue
      throw new CliError(
        'notFound',
        'import.folder',
        `There is no folder "${name}" on ${source.host}`,
      )
    }
    return planFolders(folders, await store.mailboxes(account).list(), map)
  } finally {
    await session.close()
  }
}

async function sourceOf(options: ImportOptions): Promise<SourceOptions> {
  const { host, user, port, starttls = false, insecure = false } = options
  if (starttls && insecure) {
    throw new CliError('usage', 'usage.security', 'Say --starttls or --insecure, not both')
  }
  const security = starttls ? 'starttls' : insecure ? 'none' : 'tls'
  const number = port === undefined ? (security === 'tls' ? 993 : 143) : Number(port)
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new CliError('usage', 'usage.port', `"${port ?? ''}" is no port`)
  }
  const { password } = await choosePassword(options)
  return {
    host,
    user,
    security,
    port: number,
    password: password.reveal(),
    isUnverified: options.anyCertificate === true,
  }
}

function readMap(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)]
      throw new CliError('usage', 'usage.map', `"${text}" is not FOLDER=MAILBOX`)
    }),
  )
}

/** What went wrong, in words that say what to do; other errors as they are. */
function explained(
  error: unknown,
  { host, port, user }: SourceOptions,
  { insecure }: ImportOptions,
) {
  const because = error instanceof Error ? error.message : String(error)
  if (error instanceof AccountFull) {
    const hint = 'posthouse quota set ADDRESS SIZE, and the same command again'
    return new CliError('conflict', 'import.quota', 'The account is full; what came is kept', hint)
  }
  if (error instanceof Error && 'authenticationFailed' in error) {
    return new CliError(
      'notPermitted',
      'import.sign-in',
      `${host} does not take the password of ${user}`,
    )
  }
  if (error instanceof SourceLost) {
    const isTls = /certificate|self.signed|altname|TLS|SSL/i.test(because)
    const hint = isTls
      ? 'check the name; --any-certificate takes every certificate'
      : `check the host, the port${insecure === true ? '' : ', and whether it speaks TLS there'}; the same command goes on where this one ended`
    return new CliError('unreachable', 'import.unreachable', `${host}:${port}: ${because}`, hint)
  }
  return error
}
