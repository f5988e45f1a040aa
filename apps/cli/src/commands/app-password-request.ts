import {
  appPasswordProtocols,
  type AppPasswordProtocol,
  type AppPasswordRefusal,
  type NewAppPassword,
} from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { parseFuture } from './parse-quantity.ts'

/** Options by which an app password is asked for. */
export interface AppPasswordOptions {
  readonly name: string
  readonly protocols?: string | undefined
  readonly expires?: string | undefined
}

/** The app password that these options ask for. @throws CliError */
export function requestOf(account: string, options: AppPasswordOptions): NewAppPassword {
  const protocols = protocolsOf(options.protocols)
  const expiresAt = expiryOf(options.expires)
  return {
    account,
    name: options.name,
    ...(protocols === undefined ? {} : { protocols }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}

function protocolsOf(text: string | undefined): readonly AppPasswordProtocol[] | undefined {
  if (text === undefined) return undefined
  return text.split(',').map((word) => {
    const name = word.trim().toLowerCase()
    const protocol = appPasswordProtocols.find((each) => each === name)
    if (protocol !== undefined) return protocol
    const hint = `protocols: ${appPasswordProtocols.join(', ')}`
    throw new CliError('usage', 'app_password.protocol', `There is no protocol "${name}"`, hint)
  })
}

function expiryOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const moment = parseFuture(text, new Date())
  if (moment !== undefined) return moment
  const hint = 'write 12h, 30d, 1y or 2030-12-31'
  throw new CliError('usage', 'app_password.expires', `"${text}" is no time to come`, hint)
}

/** Why there is none, for people. */
export function refused(address: string, reason: AppPasswordRefusal): CliError {
  switch (reason) {
    case 'not-found':
      return new CliError('notFound', 'account.not_found', `There is no account ${address}`)
    case 'name':
      return new CliError('usage', 'app_password.name', 'The name is empty, too long or no text')
    case 'protocols':
      return new CliError('usage', 'app_password.protocol', 'It must open some protocol')
    case 'expired':
      return new CliError('usage', 'app_password.expires', 'It would be over already')
    case 'too-many':
      return new CliError(
        'conflict',
        'app_password.too_many',
        `${address} has as many app passwords as an account can have`,
        `posthouse app-password list ${address}`,
      )
  }
}
