import { covers } from '@posthouse/certificates'
import type { Config } from '@posthouse/config'
import { ownItem, soonDays, type CertificateItem } from '../commands/certificate-item.ts'
import { certificateItems, hostItem } from '../commands/tls-status.ts'
import { readTls } from '../up/services.ts'
import { checkDane, checkKnock } from './check-tls-outside.ts'
import { ok, type Check, type Finding, type Patient } from './finding.ts'

/** A renewal that has failed for long is nothing to wait for any more. */
const lateDays = 7

type Facts = CertificateItem['fields']

/** The certificates: valid, for a while, for our names; renewed; and what the authority needs for that. */
export const checkTls: Check = {
  area: 'tls',
  async run(patient) {
    const { config, isOffline } = patient
    const items = await itemsOf(patient)
    const host = hostItem(items, config.hostname)?.fields
    const findings = items.flatMap(({ fields }) => [
      ...expiry(fields, config),
      ...renewal(fields),
      ...names(fields),
    ])
    const about = [
      ...(host === undefined ? [] : [nameFinding(host, config), origin(host, config)]),
      ...toldName(items, config),
    ]
    if (isOffline || host === undefined) return [...findings, ...about]
    const outside = await Promise.all([checkKnock(patient), checkDane(patient, host)])
    return [...findings, ...about, ...outside.flat()]
  },
}

async function itemsOf({ config, store }: Patient): Promise<readonly CertificateItem[]> {
  if (store !== undefined) return certificateItems(store.certificates, config)
  // While the database is away, the server's own is what can be seen.
  return [ownItem(await readTls(config), config)]
}

const whyEnd =
  'Mail programs refuse to connect, and servers with strict rules keep their mail, once it is over.'

function expiry({ name, days, source }: Facts, config: Config): readonly Finding[] {
  if (days === null) return []
  const isHost = name === config.hostname
  const id = isHost ? 'tls.expiry' : `tls.expiry:${name}`
  const what = isHost ? 'The certificate' : `The certificate ${name}`
  if (days >= soonDays) return [ok(id, `${what} is valid for ${days} days`)]
  const next = nextFor(source, name, config)
  const text = days >= 0 ? `${what} ends in ${days} days` : `${what} ended ${-days} days ago`
  return [{ id, state: days >= 0 ? 'warn' : 'fail', text, why: whyEnd, next }]
}

function nextFor(source: Facts['source'], name: string, { tls }: Config): string {
  if (source === 'acme') return `posthouse tls renew ${name} --force`
  if (source === 'imported') return 'posthouse tls import --cert FILE --key FILE'
  return tls === 'local-ca'
    ? 'delete tls-cert.pem in the data folder and restart: it is made anew'
    : `renew ${tls.certFile}; it is taken into use within the hour`
}

function renewal({ name, problem, problemKind, hint, days, failures }: Facts): readonly Finding[] {
  if (problem === null) return []
  if (problemKind === 'key') return [locked(name, problem)]
  const isLate = days === null || days < lateDays
  return [
    {
      id: `tls.renewal:${name}`,
      state: isLate ? 'fail' : 'warn',
      text: `The certificate ${name} could not be had, ${failures} times in a row: ${problem}`,
      why:
        days === null
          ? 'The server shows its own certificate instead, which mail programs do not know.'
          : `It is tried again by itself, and ends in ${days} days.`,
      next: hint ?? `posthouse tls issue ${name}`,
    },
  ]
}

/** Its key is sealed for another key file. */
function locked(name: string, problem: string): Finding {
  return {
    id: `tls.key:${name}`,
    state: 'fail',
    text: `The certificate ${name} is not served: ${problem}`,
    why: 'The server shows another certificate for its names.',
    next: `put the key file (secrets.key_file) there that belongs to the database, or: posthouse tls issue ${name} --new-key`,
  }
}

/** Names that lead here and could not be proved; those that lead elsewhere are what somebody wants. */
function names({ name, missing }: Facts): readonly Finding[] {
  return missing
    .filter(({ retry }) => retry !== null)
    .map((each) => ({
      id: `tls.missing:${each.name}`,
      state: 'warn',
      text: `The certificate ${name} is not for ${each.name}: ${each.because}`,
      why: 'Who connects by this name is warned, or not connected.',
      next: `posthouse tls issue ${each.name}`,
    }))
}

function nameFinding({ names: all, source }: Facts, config: Config): Finding {
  const id = 'tls.name'
  const { hostname } = config
  if (covers(all, hostname)) return ok(id, `The certificate is for ${hostname}`)
  return {
    id,
    state: 'fail',
    text: `The certificate is for ${all.join(', ') || 'no name'}, not for ${hostname}`,
    why: 'Mail programs warn their users, or do not connect.',
    next: nextFor(source, hostname, config),
  }
}

/** The name that mail programs are set up with, where it is another one: some certificate that holds must be for it. */
function toldName(
  items: readonly CertificateItem[],
  { hostname, clients: { publicHost } }: Config,
): readonly Finding[] {
  if (publicHost === hostname.toLowerCase()) return []
  const id = 'tls.public-name'
  const isServed = items.some(
    ({ fields: { days, names: all } }) => (days ?? -1) >= 0 && covers(all, publicHost),
  )
  if (isServed) return [ok(id, `There is a certificate for ${publicHost}`)]
  return [
    {
      id,
      state: 'fail',
      text: `No certificate is for ${publicHost} (clients.public_host)`,
      why: 'Mail programs are set up with this name: they warn their users, or do not connect.',
      next: `posthouse tls issue ${publicHost}, or: posthouse tls import --cert FILE --key FILE`,
    },
  ]
}

function origin({ source, issued }: Facts, { acme, hostname }: Config): Finding {
  const id = 'tls.origin'
  if (source === 'acme') return ok(id, `The certificate was issued ${issued?.slice(0, 10) ?? ''}`)
  if (source !== 'local') return ok(id, 'The certificate is one of yours')
  const text = 'The certificate was made here: nobody outside knows its authority'
  const why = 'Each mail program must be told of ca.pem first.'
  const next =
    acme === undefined
      ? 'set tls.source = "acme" (docs/operating.md), or tls.cert and tls.key'
      : `posthouse tls issue ${hostname}`
  return { id, state: 'warn', text, why, next }
}
