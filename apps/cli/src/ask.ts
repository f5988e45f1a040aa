import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { Secret } from '@posthouse/config'
import { CliError } from './cli-error.ts'
import { mayAsk, type CommonOptions } from './command-options.ts'
import { generatePassword } from './generate-password.ts'

/** Where a password comes from, as commander gives it. */
export interface PasswordOptions {
  readonly generate?: boolean | undefined
  readonly passwordStdin?: boolean | undefined
  readonly passwordFile?: string | undefined
}

/** A password, and whether it must be shown because nobody knows it yet. */
export interface ChosenPassword {
  readonly password: Secret
  readonly isGenerated: boolean
}

/** Gets a password by the one way that was asked for, else from a hidden prompt, twice. */
export async function choosePassword(
  options: PasswordOptions & CommonOptions,
): Promise<ChosenPassword> {
  const ways = [options.generate, options.passwordStdin, options.passwordFile !== undefined]
  if (ways.filter((way) => way === true).length > 1)
    throw new CliError('usage', 'usage.password_ways', 'Give the password in one way only')
  if (options.generate === true)
    return { password: new Secret(generatePassword()), isGenerated: true }
  return { password: new Secret(await readPassword(options)), isGenerated: false }
}

/** Gets a password that is there already: from where it was said to be, else from a hidden prompt. */
export async function knownPassword(options: PasswordOptions & CommonOptions): Promise<Secret> {
  return new Secret(
    (await givenPassword(options)) ??
      (mayAsk(options) ? await promptPassword('Password') : noPassword(['--password-stdin'])),
  )
}

async function readPassword(options: PasswordOptions & CommonOptions): Promise<string> {
  const given = await givenPassword(options)
  if (given !== undefined) return given
  return mayAsk(options) ? askPassword() : noPassword(['--generate', '--password-stdin'])
}

async function givenPassword(options: PasswordOptions): Promise<string | undefined> {
  if (options.passwordStdin === true) return firstLine(await readAll(process.stdin))
  if (options.passwordFile === undefined) return undefined
  return firstLine(await readSecretFile(options.passwordFile))
}

function noPassword(ways: readonly string[]): never {
  throw new CliError(
    'usage',
    'usage.no_password',
    'There is no password, and nobody to ask for one',
    `give ${ways.join(', ')} or --password-file FILE`,
  )
}

async function readSecretFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    throw new CliError(
      'usage',
      'usage.password_file',
      `The password file cannot be read: ${because}`,
    )
  }
}

function firstLine(text: string): string {
  return text.split(/\r?\n/)[0] ?? ''
}

async function promptPassword(message: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts')
  const typed = await password({ message, output: process.stderr })
  if (isCancel(typed)) throw cancelled()
  return typed
}

async function askPassword(): Promise<string> {
  const first = await promptPassword('Password')
  const second = await promptPassword('Again')
  if (first !== second)
    throw new CliError('usage', 'usage.password_mismatch', 'The two passwords are not the same')
  return first
}

/** What a dangerous command wants to hear before it does anything. */
export interface Confirmation {
  /** What is going to happen. */
  readonly warning: string
  /** The name to be typed. */
  readonly name: string
  /** What `--confirm` said. */
  readonly given: string | undefined
}

/** Severe: the name must be typed, or given by `--confirm`. */
export async function confirmByName(
  { warning, name, given }: Confirmation,
  options: CommonOptions,
): Promise<void> {
  if (given === name) return
  const flag = `--confirm ${name}`
  if (given !== undefined)
    throw new CliError(
      'usage',
      'usage.confirm',
      `"${given}" is not "${name}"`,
      `confirm with ${flag}`,
    )
  if (!mayAsk(options))
    throw new CliError('usage', 'usage.confirm', warning, `confirm with ${flag}`)
  const { isCancel, text } = await import('@clack/prompts')
  const typed = await text({ message: `${warning} Type ${name} to go on`, output: process.stderr })
  if (isCancel(typed) || typed !== name) throw cancelled()
}

/** Moderate: yes or no, or `-y`. Enter means no, unless nothing is lost by going on. */
export async function confirmYes(
  question: string,
  isYes: boolean,
  options: CommonOptions,
  initialValue = false,
): Promise<void> {
  if (isYes) return
  if (!mayAsk(options)) throw new CliError('usage', 'usage.confirm', question, 'confirm with --yes')
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: question, initialValue, output: process.stderr })
  if (isCancel(answer) || !answer) throw cancelled()
}

function cancelled(): CliError {
  return new CliError('interrupted', 'cancelled', 'Cancelled; nothing was changed')
}
