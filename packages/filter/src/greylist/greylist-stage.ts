import type { AuthenticationVerdict } from '@posthouse/mail-auth'
import type { FilterMessage } from '../filter-message.ts'
import { sendersOf } from '../runner/placement.ts'
import type { Stage, StageResult } from '../stage.ts'
import { domainOf, registrable } from '../view/domains.ts'
import type { Correspondence, GreylistStore, GreylistTimes } from './greylist-store.ts'

/** What greylisting needs, and whom it is for. */
export interface GreylistOptions {
  readonly greylist: GreylistStore
  readonly correspondence: Correspondence
  /** Points of a message that nobody is sure of: from, and below; others are judged at once. */
  readonly ambiguous: readonly [number, number]
  readonly times?: Partial<GreylistTimes>
}

/**
 * Two minutes: long enough that who never tries again is told from who does, short enough for people. RFC 5321 §4.5.4.1 has
 * senders try again after half an hour, for days; a day is a sender's patience at its worst.
 */
export const greylistTimes: GreylistTimes = {
  afterSeconds: 120,
  withinSeconds: 86_400,
  keepSeconds: 30 * 86_400,
}

const pass: StageResult = { findings: [] }

/**
 * Greylisting (RFC 6647): a stranger's mail is put off once, where the pipeline is in doubt and nothing vouches for the author.
 * What is remembered is the domain that vouches for the message, so that another host, or address, of one sender is no stranger;
 * where nothing does, the network and the domain that it names. Whom one of the recipients wrote to never waits.
 */
export function greylistStage(options: GreylistOptions): Stage {
  const times = { ...greylistTimes, ...options.times }
  const minutes = Math.ceil(times.afterSeconds / 60)
  return {
    name: 'greylist',
    directions: ['inbound'],
    deadlineMs: 10_000,
    onFailure: 'pass',
    async examine(message) {
      const verdict = await message.authentication
      if (verdict.dmarc.result === 'pass' || verdict.dmarc.aligned.length > 0) return pass
      const accounts = message.recipients.flatMap(({ account }) => account ?? [])
      if (accounts.length === 0 || isForTheHouse(message)) return pass
      if (await isCorrespondent(options.correspondence, accounts, message)) return pass
      const passes = await options.greylist.attempt(senderKey(message, verdict), accounts, times)
      if (passes) return pass
      const finding = {
        symbol: 'STRANGER',
        points: 0,
        reason: 'A stranger for whom nothing vouches: where the verdict is in doubt, it waits once',
      }
      return {
        findings: [finding],
        ruling: {
          kind: 'defer',
          symbol: finding.symbol,
          text: `We do not know this sender yet. Please try again in ${minutes} minutes.`,
          between: options.ambiguous,
        },
      }
    },
  }
}

/** Complaints come in at once (RFC 2142 §4, RFC 5321 §4.5.1). */
function isForTheHouse({ recipients }: FilterMessage): boolean {
  return recipients.some(({ address }) => /^(?:postmaster|abuse)(?:@|$)/i.test(address))
}

/** The name of a correspondent is anybody's to use; that opens no door but this one, behind which everything is judged. */
async function isCorrespondent(
  correspondence: Correspondence,
  accounts: readonly string[],
  message: FilterMessage,
): Promise<boolean> {
  const { from = '', envelope } = sendersOf(message)
  const addresses = [...new Set([from.toLowerCase(), envelope.toLowerCase()])]
  const known = await Promise.all(
    addresses
      .filter((address) => address !== '')
      .map((address) => correspondence.correspondents(accounts, address)),
  )
  return known.some(({ size }) => size > 0)
}

function senderKey(message: FilterMessage, { authenticated }: AuthenticationVerdict): string {
  const [domain] = authenticated
  if (domain !== undefined) return `d:${registrable(domain)}`
  return `n:${networkOf(message.client.address)} ${registrable(domainOf(message.sender))}`
}

/** A /24, or a /64: senders try again from their next host. */
function networkOf(address: string): string {
  if (!address.includes(':')) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`
  const [head = ''] = address.split('::')
  return `${head.split(':').slice(0, 4).join(':')}::/64`
}
