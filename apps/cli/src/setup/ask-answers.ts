import { CliError } from '../cli-error.ts'
import { defaults, domainName, type RawAnswers } from './answers.ts'

/** Asks for what was not given. Enter takes the default in brackets. */
export async function askAnswers(given: RawAnswers): Promise<RawAnswers> {
  const domain = given.domain ?? (await ask('1/6  Mail domain', '', domainFault))
  const hostname =
    given.hostname ?? (await ask('2/6  Host name', defaults.hostname(domain), domainFault))
  const account = given.account ?? (await ask('3/6  First mailbox', defaults.account(domain)))
  const { cert, key } =
    given.cert === undefined && given.key === undefined ? await askCertificate() : given
  const database =
    given.database ?? (await ask('5/6  Database (embedded, or postgres://…)', defaults.database))
  const ports =
    given.ports ??
    (await ask('6/6  Ports (standard: 25, 465, 993 …; high: 2525 …)', defaults.ports()))
  return { domain, hostname, account, cert, key, database, ports }
}

async function askCertificate(): Promise<Pick<RawAnswers, 'cert' | 'key'>> {
  const cert = await ask('4/6  Certificate (own: made here, or the path of a PEM file)', 'own')
  if (cert === 'own') return {}
  return { cert, key: await ask('     Its key (path of a PEM file)', '') }
}

async function ask(
  question: string,
  fallback: string,
  fault: (text: string) => string | undefined = () => undefined,
): Promise<string> {
  const { isCancel, text } = await import('@clack/prompts')
  const answer = await text({
    message: fallback === '' ? question : `${question} [${fallback}]`,
    defaultValue: fallback,
    output: process.stderr,
    validate: (value) => {
      const given = value === undefined || value === '' ? fallback : value
      return given === '' ? 'This is needed' : fault(given)
    },
  })
  if (isCancel(answer))
    throw new CliError('interrupted', 'cancelled', 'Cancelled; nothing was changed')
  return answer === '' ? fallback : answer
}

function domainFault(text: string): string | undefined {
  try {
    domainName(text, '')
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
