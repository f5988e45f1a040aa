import { checkReputation } from '../doctor/check-reputation.ts'
import { LiveZone } from '../dns/live-state.ts'
import { wantedRecords } from '../dns/wanted-records.ts'
import { recordWords } from '../dns/zone-text.ts'
import { domainOf } from './domain-of.ts'
import { patientOf } from './patient-of.ts'
import { well, type Case, type Step } from './stage.ts'

/** Spam filters: ours on the way in and out, theirs on the way there. */
export async function* filters(it: Case): AsyncGenerator<Step> {
  yield* ours(it)
  if (it.to.kind === 'foreign' && it.from !== undefined) yield* theirs(it)
}

async function* ours({ store, sender, recipient, since, to }: Case): AsyncGenerator<Step> {
  if (to.kind === 'local') {
    const kept = await store.quarantine.list({ account: to.account.account, since })
    const found = kept.find((one) => isSame(one.sender, sender))
    if (found !== undefined) {
      const text = `A message of ${found.keptAt.toISOString()} is kept aside (${found.reason}): ${found.subject}`
      yield {
        state: 'found',
        text,
        next: `posthouse quarantine show ${found.id} --why, then release`,
      }
      return
    }
  }
  const steps = await store.trace.find({ subject: { by: 'address', address: recipient }, since })
  const refused = steps.findLast(({ kind, details }) => {
    const { sender: from } = details
    return kind === 'refused' && typeof from === 'string' && isSame(from, sender)
  })
  if (refused !== undefined) {
    const { code, enhanced, text: words } = refused.details
    const text = `Our filter refused a message at ${refused.at.toISOString()}: ${[code, enhanced, words].join(' ')}`
    yield {
      state: 'found',
      text,
      next: `posthouse trace ${refused.queueId ?? recipient}, or: filter allow add`,
    }
    return
  }
  yield well('our filter kept nothing of it')
}

/** What receivers see of us: whether our domain vouches for its mail, and whether lists speak against us. */
async function* theirs(it: Case): AsyncGenerator<Step> {
  const { config, store, resolver, addresses, sender } = it
  const domain = domainOf(sender)
  const hostname = config.hostname.toLowerCase()
  const keys = await store.dkimKeys.list(domain)
  const wanted = wantedRecords({ domain, hostname, addresses, keys, clients: config.clients })
  const zone = new LiveZone(resolver, hostname, addresses)
  const purposes = new Set(['spf', 'dkim', 'dmarc', 'reverse'])
  for (const record of wanted.filter(({ purpose }) => purposes.has(purpose))) {
    if (record.key !== undefined && record.key.state !== 'active') continue
    const live = await zone.stateOf(record)
    if (live.state === 'found' || live.state === 'unknown') continue
    const text = recordWords(record, live)
    const why =
      'Large providers refuse mail whose sender does not vouch for it, or put it into Junk.'
    yield { state: 'found', text, why, next: `posthouse dns records ${domain}` }
    return
  }
  yield well(`${domain} vouches for its mail (SPF, DKIM, DMARC, reverse name)`)
  const listed = (await checkReputation.run(patientOf(it))).find(({ state }) => state === 'fail')
  if (listed === undefined) yield well('our address is on none of the lists that were asked')
  else
    yield {
      state: 'found',
      text: listed.text,
      ...(listed.why && { why: listed.why }),
      ...(listed.next && { next: listed.next }),
    }
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
