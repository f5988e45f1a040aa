import { causeOf, type Reply } from '@posthouse/smtp'
import type { Store } from '@posthouse/store'
import { printable } from '../output/table.ts'
import { probeHost } from '../smtp-probe.ts'
import { likelyDomain } from './likely-domain.ts'
import { disabledDomain } from './disabled-domain.ts'
import { domainOf } from './domain-of.ts'
import { mostHops, well, type Case, type Step } from './stage.ts'

/** The recipient's address: whether it exists, as far as anybody tells. */
export async function* address(it: Case): AsyncGenerator<Step> {
  const { recipient, to, store } = it
  const [suppressed] = await store.suppressions.find([recipient])
  if (suppressed !== undefined) {
    const text = `Nothing is sent to ${recipient}: ${suppressed.because}`
    yield { state: 'found', text, next: `posthouse queue suppress remove ${recipient}` }
    return
  }
  switch (to.kind) {
    case 'local':
      yield well(`${recipient} leads to ${to.account.address}`)
      return
    case 'alias':
      yield well(
        to.isCatchAll === true
          ? `nobody has ${recipient}; its domain has an address of last resort`
          : `${recipient} leads to an alias here`,
      )
      return
    case 'unknown':
      yield await unknown(store, recipient)
      return
    case 'disabled':
      yield await disabled(store, recipient)
      return
    case 'loop':
      yield {
        state: 'found',
        text: `${recipient} leads in a circle (550 5.4.6)`,
        why: 'Its aliases lead to each other, and to no mailbox.',
        next: `posthouse alias resolve ${recipient}`,
      }
      return
    case 'foreign':
      yield* foreign(it)
  }
}

async function unknown(store: Store, recipient: string): Promise<Step> {
  const removed = await store.accounts.removed()
  const was = removed.find(({ address: one }) => one.toLowerCase() === recipient.toLowerCase())
  if (was === undefined) {
    const next = `posthouse account add ${recipient}, or alias add`
    return { state: 'found', text: `There is no ${recipient} here`, next }
  }
  return {
    state: 'found',
    text: `${recipient} was removed at ${was.removedAt.toISOString()}`,
    why: 'Its mail is refused, and nobody else gets it, while it may come back.',
    next: `posthouse account restore ${recipient}`,
  }
}

async function disabled(store: Store, recipient: string): Promise<Step> {
  const domain = await disabledDomain(store, recipient)
  if (domain === undefined) {
    const next = `posthouse account enable ${recipient}`
    return { state: 'found', text: `${recipient} is disabled`, next }
  }
  return {
    state: 'found',
    text: `The domain ${domain} is disabled: its mail is refused (550 5.2.1)`,
    next: `posthouse domain enable ${domain}`,
  }
}

async function* foreign({ recipient, sender, config, way }: Case): AsyncGenerator<Step> {
  const domain = domainOf(recipient)
  const { relay, route, hops } = await way()
  if (relay !== undefined) {
    const text = `${recipient} is for the relay ${relay.host} to ask for; no server of ${domain} is asked from here`
    yield { state: 'skipped', text }
    return
  }
  if (route.kind !== 'hops') {
    const near = likelyDomain(domain)
    const text = near === undefined ? route.reply.text : `${route.reply.text} Did you mean ${near}?`
    yield { state: 'found', text, next: 'check the spelling' }
    return
  }
  yield well(`${domain} takes mail`)
  let reply: Reply | undefined
  for (const { host, address: at, port } of hops.slice(0, mostHops)) {
    const probed = await probeHost({
      host,
      address: at,
      port,
      helo: config.hostname,
      from: sender,
      to: recipient,
      hear: () => undefined,
    })
    reply = probed.reply
    if (reply !== undefined) break
  }
  if (reply === undefined) return
  const words = printable(`${reply.code} ${reply.enhanced ?? ''} ${reply.text}`)
  if (reply.code < 400) {
    yield well(`their server would take mail for ${recipient} (${words})`)
    return
  }
  const { say, next, operator } = causeOf(reply)
  yield { state: 'found', text: `Their server says: ${words}`, why: say, next: operator ?? next }
}
