import { commands } from './command-table.ts'

/** Every capability that can be switched off: all but the protocol itself and the ways to sign in. */
export function extensions(): readonly string[] {
  const verbs = commands.flatMap((command) => command.capabilities)
  return [...new Set([...base.slice(1), ...verbs, 'APPENDLIMIT'])]
}

/** What the list of capabilities depends on. */
export interface CapabilityFacts {
  readonly isSignedIn: boolean
  readonly isSecure: boolean
  readonly mayUsePassword: boolean
  readonly messageBytes: number
  /** Extensions that are switched off. */
  readonly without: ReadonlySet<string>
}

/** Those that no verb brings: LITERAL+ is the command reader's (RFC 7888). */
const base = ['IMAP4rev1', 'LITERAL+'] as const

/**
 * The capabilities of a moment (RFC 3501 §6.1.1): those of the verbs, always all of them, because
 * clients decide by what the greeting says; and what can be said about signing in here and now.
 */
export function capabilitiesAt(facts: CapabilityFacts): readonly string[] {
  const verbs = commands.flatMap((command) => command.capabilities)
  const limit = `APPENDLIMIT=${facts.messageBytes}`
  const { without } = facts
  const offered = [...base, ...verbs, limit].filter((name) => {
    return !without.has(name === limit ? 'APPENDLIMIT' : name)
  })
  return [...new Set([...offered, ...signingIn(facts)])]
}

function signingIn({ isSignedIn, isSecure, mayUsePassword }: CapabilityFacts): readonly string[] {
  if (isSignedIn) return []
  const tls = isSecure ? [] : ['STARTTLS']
  // RFC 3501 §6.2.3: LOGINDISABLED where a password would be refused.
  return mayUsePassword ? [...tls, 'AUTH=PLAIN', 'AUTH=LOGIN'] : [...tls, 'LOGINDISABLED']
}
