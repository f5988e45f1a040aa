import { scannerStages } from '@posthouse/filter'
import type { Store } from '@posthouse/store'
import { lastResortsOf } from './last-resorts.ts'
import { ok, type Check, type Finding } from './finding.ts'

const hour = 3_600

/** What waits to go out. */
export const checkQueue: Check = {
  area: 'queue',
  needsStore: true,
  async run({ store }) {
    if (store === undefined) return []
    const [{ waiting, held, oldestSeconds = 0 }, contained, problem] = await Promise.all([
      store.queue.status(),
      store.sending.contained(),
      store.dkimKeys.problem(),
    ])
    const findings: Finding[] = []
    if (oldestSeconds > 4 * hour) {
      const text = `The oldest of ${waiting} recipients waits for ${Math.floor(oldestSeconds / hour)} hours`
      const why = 'After five days a message goes back to its sender.'
      const next = 'posthouse queue list --older 4h'
      findings.push({ id: 'queue.old', state: 'warn', text, why, next })
    } else {
      const text =
        waiting === 0 ? 'Nothing waits' : `Recipients that wait: ${waiting}, none for long`
      findings.push(ok('queue.old', text))
    }
    if (held > 0) {
      const why = 'Held mail waits for an operator, for ever.'
      const next = 'posthouse queue list --state held'
      const text = `${held} recipients are held`
      findings.push({ id: 'queue.held', state: 'warn', text, why, next })
    }
    for (const { address } of contained) {
      findings.push({
        id: `queue.contained:${address}`,
        state: 'fail',
        text: `${address} is stopped from sending: it looks as if somebody else used it`,
        why: 'Its mail is held until somebody has looked at it.',
        next: `posthouse account sending ${address}`,
      })
    }
    if (problem !== undefined) {
      const why = 'Mail that cannot be signed waits.'
      findings.push({
        id: 'queue.signing',
        state: 'fail',
        text: problem,
        why,
        next: 'posthouse dkim list',
      })
    }
    return findings
  },
}

/** Addresses that lead nowhere, mailboxes that take nothing. */
export const checkAccounts: Check = {
  area: 'accounts',
  needsStore: true,
  async run({ store }) {
    if (store === undefined) return []
    const accounts = await store.accounts.list()
    if (accounts.length === 0) {
      const next = 'posthouse account add ada@example.org --generate'
      const why = 'All mail that comes is refused.'
      return [{ id: 'accounts.none', state: 'warn', text: 'There are no mailboxes yet', why, next }]
    }
    const full = await store.quotas.full(accounts.map(({ id }) => id))
    const crowded = accounts
      .filter(({ id }) => full.has(id))
      .map(({ address }): Finding => ({
        id: `accounts.full:${address}`,
        state: 'warn',
        text: `${address} is full: mail for it is put off`,
        why: 'Its senders try for some days, then get it back.',
        next: `posthouse quota show ${address}`,
      }))
    const loops = await loopsOf(store)
    const bad = [...crowded, ...loops, ...(await lastResortsOf(store))]
    return bad.length === 0
      ? [ok('accounts.all', `Mailboxes that take mail: ${accounts.length}`)]
      : bad
  },
}

async function loopsOf(store: Store): Promise<readonly Finding[]> {
  const aliases = await store.aliases.list()
  const found = await store.resolveAll(aliases.map(({ address }) => address))
  return aliases.flatMap(({ address, targets }, i): readonly Finding[] => {
    if (found[i]?.kind !== 'loop') return []
    const text = `The alias ${address} leads in a circle (to ${targets.join(', ')})`
    const why = 'Mail for it is refused.'
    return [
      {
        id: `accounts.loop:${address}`,
        state: 'fail',
        text,
        why,
        next: `posthouse alias resolve ${address}`,
      },
    ]
  })
}

/** Spam and viruses are looked for. */
export const checkFilter: Check = {
  area: 'filter',
  needsStore: true,
  async run({ store }) {
    if (store === undefined) return []
    const scanners = scannerStages(await store.filterSettings.current())
    const findings = await Promise.all(
      scanners.map(async (scanner): Promise<Finding> => {
        const { isWell, text } = await scanner.probe(AbortSignal.timeout(5_000))
        const id = `filter.${scanner.name}`
        if (isWell) return ok(id, `${scanner.name}: ${text}`)
        return {
          id,
          state: 'fail',
          text: `${scanner.name} does not answer: ${text}`,
          why: 'Mail waits for it, or passes unseen, as filter set NAME.on-failure says.',
          next: 'posthouse filter status',
        }
      }),
    )
    if (scanners.some(({ name }) => name === 'clamd')) return findings
    const text = 'No virus scanner is configured; the policy for attachments stands'
    const why = 'Viruses in files of allowed kinds reach the mailboxes.'
    const next = 'posthouse filter set clamd.address=unix:/run/clamav/clamd.ctl'
    return [...findings, { id: 'filter.virus', state: 'warn', text, why, next }]
  },
}

const staleDays = 7

/** When everything was last copied away. */
export const checkBackup: Check = {
  area: 'backup',
  needsStore: true,
  async run({ store }) {
    const [last] = (await store?.audit.list({ object: 'backup', limit: 1 })) ?? []
    const id = 'backup.age'
    const next = 'posthouse backup create FOLDER'
    const why = 'What only stands on one disk is lost with it.'
    if (last === undefined) {
      return [{ id, state: 'warn', text: 'No backup was made with posthouse backup', why, next }]
    }
    const days = Math.floor((Date.now() - last.at.getTime()) / 86_400_000)
    const text = `The last backup is ${days} days old`
    return [days <= staleDays ? ok(id, text) : { id, state: 'warn', text, why, next }]
  },
}
