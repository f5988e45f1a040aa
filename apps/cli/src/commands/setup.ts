import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { loadConfig, type Config } from '@posthouse/config'
import { systemFile } from '@posthouse/config/system-file'
import { confirmYes } from '../ask.ts'
import { CliError } from '../cli-error.ts'
import { mayAsk, terminalOf, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { boolean, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import {
  completeAnswers,
  readAnswers,
  type RawAnswers,
  type SetupAnswers,
} from '../setup/answers.ts'
import { configText } from '../setup/config-text.ts'
import { makeFirstMailbox, type MadeObjects } from '../setup/first-mailbox.ts'
import { hasSystemd, placeOf, type Place } from '../setup/place.ts'
import { preflight } from '../setup/preflight.ts'
import {
  ensureUser,
  giveToUser,
  refuseUnreadable,
  refuseUnreadableFiles,
  startService,
} from '../setup/service.ts'
import { firstLoginPath, markPrepared } from '../up/first-start.ts'
import { refuseUnusableTls } from '../up/services.ts'
import { readStatus } from '../up/state-file.ts'
import { withStore } from '../with-store.ts'

/** What `setup` made. */
const setupKind = kind('Setup', 'a machine that is set up', {
  domain: string,
  hostname: string,
  account: string,
  config: string,
  data: string,
  firstLogin: string,
  isAccountNew: boolean,
  isStarted: boolean,
})

interface SetupOptions extends CommonOptions, RawAnswers {
  readonly answers?: string | undefined
  readonly data?: string | undefined
  readonly skipNetwork?: boolean | undefined
  /** `--no-service`. */
  readonly service: boolean
  readonly yes?: boolean | undefined
}

/** `posthouse setup`. What is there already is left, so that it can be run again after whatever happened. */
export async function setUp(options: SetupOptions): Promise<void> {
  const terminal = terminalOf(options)
  const place = placeOf(options.data)
  const answers = await answersOf(options, place)
  const isRunning = (await readStatus(place.dataDir)) !== undefined
  await lookAround(terminal, answers, place, isRunning, options)
  const question = `Set up ${answers.hostname} for ${answers.domain}?`
  await confirmYes(question, mayGoOn(options), options, true)
  const isService = place.isSystem && options.service && hasSystemd()
  if (isService) {
    if (await ensureUser(place.dataDir)) step(terminal, 'the user posthouse is made')
    await refuseUnreadable()
  }
  const { config, made: madeFolder } = await writeConfig(terminal, answers, place)
  await checkCertificate(terminal, config)
  const made = await withStore({ ...options, config: place.configFile }, (store) =>
    makeFirstMailbox(store, answers, place.dataDir),
  )
  await markPrepared(place.dataDir)
  tellOfObjects(terminal, answers, made)
  if (isService) {
    await giveToUser(place.dataDir, place.configFile, ...ownFolders(place, madeFolder))
    await refuseUnreadableFiles([place.configFile, ...pemFilesOf(config)])
    await startService(place.configFile)
    step(terminal, 'the service is started (systemctl status posthouse)')
  }
  terminal.object(setupKind, {
    id: answers.domain,
    fields: {
      domain: answers.domain,
      hostname: answers.hostname,
      account: answers.account,
      config: place.configFile,
      data: place.dataDir,
      firstLogin: firstLoginPath(place.dataDir),
      isAccountNew: made.password !== undefined,
      isStarted: isService || isRunning,
    },
  })
  tellWhatIsNext(terminal, answers, place, made, isService || isRunning)
}

/** Folders of the configuration that are ours: another one that a configuration was named in is not given away. */
function ownFolders({ configFile }: Place, made: string | undefined): readonly string[] {
  if (made !== undefined) return [made]
  const folder = path.dirname(configFile)
  return folder === path.dirname(systemFile) ? [folder] : []
}

async function answersOf(options: SetupOptions, place: Place): Promise<SetupAnswers> {
  const file = options.answers === undefined ? {} : await readAnswers(options.answers)
  const { domain, hostname, account, tls, cert, key, acmeEmail, database, ports } = options
  const flags = { domain, hostname, account, tls, cert, key, acmeEmail, database, ports }
  const given = Object.entries(flags).filter(([, value]) => value !== undefined)
  const raw: RawAnswers = { ...file, ...Object.fromEntries(given) }
  const known = { ...(await knownAnswers(place)), ...raw }
  if (options.answers !== undefined || known.domain !== undefined || !mayAsk(options)) {
    return completeAnswers(known)
  }
  const { askAnswers } = await import('../setup/ask-answers.ts')
  return completeAnswers(await askAnswers(known))
}

/** What an earlier setup was told, from its configuration. */
async function knownAnswers({ configFile }: Place): Promise<RawAnswers> {
  const text = await readFile(configFile, 'utf8').catch(() => '')
  if (text === '') return {}
  const { hostname } = loadConfig({ file: configFile })
  return { hostname }
}

async function lookAround(
  terminal: Terminal,
  answers: SetupAnswers,
  place: Place,
  isRunning: boolean,
  { skipNetwork = false }: SetupOptions,
): Promise<void> {
  const findings = await preflight(answers, place.dataDir, { isRunning, skipsNetwork: skipNetwork })
  const marks = { ok: '✔', warn: '!', fail: '✖' } as const
  for (const { state, text, hint } of findings) {
    terminal.talk(
      `${marks[state]} ${text}${state === 'ok' || hint === undefined ? '' : ` (${hint})`}`,
    )
  }
  const failed = findings.find(({ state }) => state === 'fail')
  if (failed === undefined) return
  throw new CliError('conflict', 'setup.preflight', failed.text, failed.hint)
}

/** Nobody is asked who answered by flags or by file. */
function mayGoOn(options: SetupOptions): boolean {
  return (
    options.yes === true ||
    !mayAsk(options) ||
    options.domain !== undefined ||
    options.answers !== undefined
  )
}

/** Leaves a configuration that is there. `made`: the topmost folder that had to be made for it. */
async function writeConfig(
  terminal: Terminal,
  answers: SetupAnswers,
  { configFile, dataDir, isSystem }: Place,
): Promise<{ readonly config: Config; readonly made: string | undefined }> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  if (process.getuid?.() === 0) await chmod(dataDir, 0o711)
  const made = await mkdir(path.dirname(configFile), {
    recursive: true,
    ...(isSystem ? { mode: 0o750 } : {}),
  })
  const text = configText(answers, dataDir)
  const there = await readFile(configFile, 'utf8').catch(() => undefined)
  if (there === undefined) {
    await writeFile(configFile, text, { mode: 0o600, flag: 'wx' })
    step(terminal, `${configFile} is written`)
  } else step(terminal, `${configFile} is there, and is left as it is`)
  const config = loadConfig({ file: configFile })
  if (config.hostname.toLowerCase() !== answers.hostname) {
    throw new CliError(
      'conflict',
      'setup.hostname',
      `${configFile} says that this server is ${config.hostname}, not ${answers.hostname}`,
      'change the file, or give the same --hostname',
    )
  }
  return { config, made }
}

async function checkCertificate(terminal: Terminal, config: Config): Promise<void> {
  await refuseUnusableTls(config)
  const { acme, tls, dataDir } = config
  if (acme !== undefined) {
    const { host } = new URL(acme.directory)
    step(terminal, `certificates will come from ${host}, once DNS leads here: posthouse tls status`)
  } else if (tls === 'local-ca') {
    const file = path.join(dataDir, 'ca.pem')
    step(terminal, `a certificate is made here; clients must be told of ${file}`)
  } else step(terminal, 'the certificate and its key fit together')
}

function pemFilesOf({ tls }: Config): readonly string[] {
  return tls === 'local-ca' ? [] : [tls.certFile, tls.keyFile]
}

function tellOfObjects(terminal: Terminal, answers: SetupAnswers, made: MadeObjects): void {
  step(terminal, 'the database is ready')
  step(terminal, `the domain ${answers.domain} ${made.isDomainNew ? 'is added' : 'was there'}`)
  if (made.keys.length > 0) step(terminal, `signature keys are made: ${made.keys.join(', ')}`)
  const words = made.password === undefined ? 'was there; its password is as it was' : 'is made'
  step(terminal, `the mailbox ${answers.account} ${words}`)
}

function tellWhatIsNext(
  terminal: Terminal,
  { domain, account }: SetupAnswers,
  { dataDir, configFile, isSystem }: Place,
  { password }: MadeObjects,
  isStarted: boolean,
): void {
  if (password !== undefined) {
    terminal.talk(`Password of ${account}: ${password}`)
    terminal.talk(
      `(shown once; also in ${firstLoginPath(dataDir)}; change it: posthouse account passwd ${account})`,
    )
  }
  const suffix = isSystem ? '' : ` --config ${configFile}`
  const start = isStarted ? [] : [`posthouse up${suffix}`]
  terminal.next(...start, `posthouse dns records ${domain}${suffix}`)
}

function step(terminal: Terminal, words: string): void {
  terminal.talk(`✔ ${words}`)
}
