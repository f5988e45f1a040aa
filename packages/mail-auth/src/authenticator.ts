import type { Resolver } from '@posthouse/dns'
import { checkArc } from './arc/arc.ts'
import { BodyHasher } from './dkim/canonical-body.ts'
import { checkDkim } from './dkim/dkim.ts'
import { authorOf } from './dmarc/author.ts'
import { checkDmarc, isUsable } from './dmarc/dmarc.ts'
import { domainName } from './domain-name.ts'
import { authenticationLimits } from './limits.ts'
import { viewMessage } from './message-view.ts'
import { Questions } from './questions.ts'
import { checkReverse } from './reverse.ts'
import { unmappedAddress } from './spf/network.ts'
import { checkSpf } from './spf/spf.ts'
import type {
  AuthenticationInput,
  AuthenticationVerdict,
  DkimVerdict,
  DmarcVerdict,
  SpfVerdict,
} from './verdict.ts'

/** How messages are authenticated. */
export interface AuthenticatorOptions {
  readonly resolver: Resolver
  /** Domains whose ARC seals are believed: mailing lists, our own forwarders. */
  readonly trustedSealers?: readonly string[]
  /** The name of this host, for the explanations of others (`%{r}` of RFC 7208 §7.2). */
  readonly hostname?: string
  /** For all questions of one message together. */
  readonly timeoutMs?: number
}

/** Says who sent a message, and how that is known. */
export interface Authenticator {
  /**
   * Checks a message with CRLF line ends. Never rejects: what could not be found out is in the verdict, and ends with the time
   * for it or with the signal.
   */
  check(
    octets: Buffer,
    input: AuthenticationInput,
    signal?: AbortSignal,
  ): Promise<AuthenticationVerdict>
}

/** Makes an authenticator. It keeps nothing between messages; the resolver caches. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { resolver, hostname = 'unknown', timeoutMs = authenticationLimits.timeoutMs } = options
  const sealers = (options.trustedSealers ?? []).map((name) => domainName(name) ?? name)
  const trusted: ReadonlySet<string> = new Set(sealers)
  return {
    async check(octets, input, signal) {
      const questions = new Questions(resolver, timeoutMs, signal)
      try {
        return await checkAll(octets, input, questions, { trusted, hostname })
      } finally {
        questions.close()
      }
    },
  }
}

interface House {
  readonly trusted: ReadonlySet<string>
  readonly hostname: string
}

async function checkAll(
  octets: Buffer,
  input: AuthenticationInput,
  questions: Questions,
  { trusted, hostname }: House,
): Promise<AuthenticationVerdict> {
  const view = viewMessage(octets)
  const message = { view, hasher: new BodyHasher(view.body), at: input.at }
  const address = unmappedAddress(input.address)
  const spfChecks = checkSpf({ ...input, address }, questions, hostname)
  const dkimChecks = checkDkim(message, questions)
  const [spf, dkim, dmarc, arc, reverse] = await Promise.all([
    spfChecks,
    dkimChecks,
    checkDmarc(
      authorOf(view),
      { spf: spfChecks.then((both) => both.mailFrom), dkim: dkimChecks },
      questions,
    ),
    checkArc(message, questions, trusted),
    checkReverse(address, questions),
  ])
  const authenticated = vouchers(dmarc, dkim, spf.mailFrom)
  return { input, spf, dkim, dmarc, arc, reverse, authenticated, evidence: questions.evidence }
}

function vouchers(
  dmarc: DmarcVerdict,
  dkim: readonly DkimVerdict[],
  spf: SpfVerdict,
): readonly string[] {
  const signers = dkim.filter((each) => each.result === 'pass' && isUsable(each))
  const sender = spf.result === 'pass' ? [spf.domain] : []
  return Array.from(new Set([...dmarc.aligned, ...signers.map(({ domain }) => domain), ...sender]))
}
