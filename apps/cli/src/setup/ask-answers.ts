import { CliError } from '../cli-error.ts'
import { defaults, domainName, type RawAnswers } from './answers.ts'

/** Asks for what was not given. Enter takes the default in brackets. */
export async function askAnswers(given: RawAnswers): Promise<RawAnswers> {
  const domain = given.domain ?? (await ask('1/6  Mail domain', '', domainFault))
  const hostname =
    given.hostname ?? (await ask('2/6  Host name', defaults.hostname(domain), domainFault))
  const account = given.account ?? (await ask('3/6  First mailbox', defaults.account(domain)))
  const isAnswered = [given.tls, given.cert, given.key, given.acmeEmail].some(
    (one) => one !== undefined,
  )
  const certificate = isAnswered ? given : await askCertificate(account)
  const database =
    given.database ?? (await ask('5/6  Database (embedded, or postgres://…)', defaults.database))
  const ports =
    given.ports ??
    (await ask('6/6  Ports (standard: 25, 465, 993 …; high: 2525 …)', defaults.ports()))
  const { tls, cert, key, acmeEmail } = certificate
  return { domain, hostname, account, tls, cert, key, acmeEmail, database, ports }
}

/** Who may not have port 80 would not be found by the authority. */
async function askCertificate(account: string): Promise<RawAnswers> {
  const usual = defaults.ports() === 'standard' ? 'acme' : 'own'
  const answer = await ask(
    "4/6  Certificate (acme: from Let's Encrypt, whose terms you agree to; own: made here; or a PEM file)",
    usual,
  )
  if (answer === 'own') return { tls: 'self-signed' }
  if (answer === 'acme')
    return {
      tls: 'acme',
      acmeEmail: await ask('     Where may the authority write to you?', account),
    }
  return { tls: 'files', cert: answer, key: await ask('     Its key (path of a PEM file)', '') }
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
