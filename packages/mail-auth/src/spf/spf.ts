import { addressDomain, domainName } from '../domain-name.ts'
import { authenticationLimits } from '../limits.ts'
import type { Questions } from '../questions.ts'
import type { AuthenticationInput, SpfVerdict } from '../verdict.ts'
import { HostCheck, type HostResult } from './check-host.ts'
import { MacroExpander, type MacroContext } from './macro-expansion.ts'
import { parseMacroString } from './macro-string.ts'

/** Both identities of a message (RFC 7208 §2.3, §2.4). */
export interface SpfVerdicts {
  readonly helo: SpfVerdict
  readonly mailFrom: SpfVerdict
}

/**
 * Checks the client's right to its HELO name and to the domain of MAIL FROM. The null sender is `postmaster` at the HELO name
 * (§2.4). Each identity has its own budget, as each is a check_host() of its own (§4.6.4).
 */
export async function checkSpf(
  input: AuthenticationInput,
  questions: Questions,
  receiver: string,
): Promise<SpfVerdicts> {
  const isNull = input.mailFrom === ''
  const helo = checkIdentity('helo', '', input.helo, input, questions, receiver)
  if (isNull) return { helo: await helo, mailFrom: { ...(await helo), identity: 'mailfrom' } }
  const at = input.mailFrom.lastIndexOf('@')
  const local = at > 0 ? input.mailFrom.slice(0, at) : ''
  const domain = input.mailFrom.slice(at + 1)
  const mailFrom = checkIdentity('mailfrom', local, domain, input, questions, receiver)
  return { helo: await helo, mailFrom: await mailFrom }
}

async function checkIdentity(
  identity: SpfVerdict['identity'],
  local: string,
  written: string,
  input: AuthenticationInput,
  questions: Questions,
  receiver: string,
): Promise<SpfVerdict> {
  const domain = identity === 'helo' ? domainName(written) : addressDomain(written)
  // §4.3: malformed, a literal, or no fully qualified name: nothing to check.
  if (domain === undefined || !domain.includes('.') || domain.startsWith('['))
    return { identity, result: 'none', domain: '', because: 'there is no domain to ask' }
  const context: MacroContext = {
    address: input.address,
    local: local === '' ? 'postmaster' : local,
    senderDomain: domain,
    helo: domainName(input.helo) ?? 'unknown',
    receiver,
    at: input.at,
  }
  const asker = questions.budget(authenticationLimits.spfQuestions)
  const { exp, ...found } = await new HostCheck(context, asker).check(domain)
  const explanation = exp === undefined ? undefined : await explain(exp, context, questions)
  return { identity, domain, ...found, ...(explanation === undefined ? {} : { explanation }) }
}

/** §6.2: whatever goes wrong here, there is just no explanation. */
async function explain(
  exp: NonNullable<HostResult['exp']>,
  context: MacroContext,
  questions: Questions,
): Promise<string | undefined> {
  const asker = questions.budget(authenticationLimits.spfQuestions)
  const macros = new MacroExpander(context, asker)
  const name = await macros.domain(exp.target, exp.domain)
  if (name === undefined) return undefined
  const answer = await asker.txt(name)
  const [text, ...others] = answer.kind === 'records' ? answer.records : []
  if (text === undefined || others.length > 0) return undefined
  const pieces = parseMacroString(text, 'explanation')
  if (pieces === undefined) return undefined
  return (await macros.expand(pieces, exp.domain))?.slice(0, maxExplanation)
}

/** More is not an explanation; an SMTP reply has 512 octets (RFC 5321 §4.5.3.1.5). */
const maxExplanation = 500
