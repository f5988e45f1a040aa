import { covers } from '@posthouse/certificates'
import type { Certificate, Certificates } from '@posthouse/store'
import type { Config } from '@posthouse/config'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { readTls } from '../up/services.ts'
import { withStore } from '../with-store.ts'
import {
  certificateItem,
  certificateKind,
  ownItem,
  type CertificateItem,
} from './certificate-item.ts'
import { spanText } from './span-text.ts'

/**
 * `posthouse tls status`. Exit code 3 where a certificate has ended, cannot be used, or is missing for a name that leads here.
 */
export async function tlsStatus(options: CommonOptions): Promise<void> {
  const config = configOf(options)
  const terminal = terminalOf(options)
  await withStore(options, async ({ certificates }) => {
    const items = await certificateItems(certificates, config)
    terminal.list(certificateKind, items, ['name', 'source', 'state', 'days', 'renewal', 'names'])
    for (const item of items) tellOf(terminal, item)
    const bad = items.find(({ fields }) => isBad(fields))
    if (bad === undefined) return
    process.exitCode = exitCodes.checkFailed
    if (bad.fields.source === 'acme') terminal.next(`posthouse tls issue ${bad.id}`)
  })
}

/** All certificates that are served, or should be: those of the database, and the server's own where it is the one. */
export async function certificateItems(
  certificates: Certificates,
  config: Config,
): Promise<readonly CertificateItem[]> {
  const [all, missing, own, { unreadable }] = await Promise.all([
    certificates.list(),
    certificates.missingNames(),
    readTls(config),
    certificates.served(),
  ])
  const isIssuing = config.acme !== undefined
  const kept = all.filter(({ source }) => isIssuing || source === 'imported')
  const items = kept.map((each) =>
    certificateItem(
      unreadable.includes(each.name) ? { ...each, problem: lockedProblem() } : each,
      missing.filter(({ certificate }) => certificate === each.name),
    ),
  )
  const hasOwn = items.some(({ id, fields }) => id === config.hostname && fields.expires !== null)
  return hasOwn ? items : [...items, ownItem(own, config)]
}

/** The certificate that who asks for the host name is shown: one that was brought goes before the host's own. */
export function hostItem(
  items: readonly CertificateItem[],
  hostname: string,
): CertificateItem | undefined {
  const [brought] = items
    .filter(
      ({ fields: { source, days, names } }) =>
        source === 'imported' && (days ?? -1) >= 0 && covers(names, hostname),
    )
    .toSorted((a, b) => (b.fields.days ?? 0) - (a.fields.days ?? 0))
  return brought ?? items.find(({ id }) => id === hostname)
}

/** What is worse than whatever else is known of it: nobody serves it. */
function lockedProblem(): NonNullable<Certificate['problem']> {
  const text = 'its key cannot be opened: the key file is another one, or may not be read'
  return { kind: 'key', text, at: new Date() }
}

/** A domain of which no name leads here has no certificate, and needs none yet. */
function isBad({ state, problem, problemKind }: CertificateItem['fields']): boolean {
  return state === 'ended' || problemKind === 'key' || (state === 'missing' && problem !== null)
}

function tellOf(terminal: Terminal, { id, fields }: CertificateItem): void {
  const { problem, problemAt, hint, retry, missing, source, failures } = fields
  const say = (line: string): void => terminal.talk(printable(line))
  if (source === 'local')
    say(`${id}: made here; nobody outside knows its authority. For others: tls.source = "acme".`)
  if (problem !== null) {
    const since = problemAt === null ? '' : ` ${spanText(Date.now() - Date.parse(problemAt))} ago`
    say(`${id}: failed${since} (${failures} in a row): ${problem}`)
    if (hint !== null) say(`    ${hint}`)
    if (retry !== null) say(`    The next try: in ${spanText(Date.parse(retry) - Date.now())}.`)
  }
  for (const each of missing) {
    const when =
      each.retry === null ? '' : `; next in ${spanText(Date.parse(each.retry) - Date.now())}`
    say(`${id}: without ${each.name}: ${each.because}${when}`)
  }
  const { nextPin, nextReady } = fields
  if (nextPin !== null) {
    const words =
      nextReady === null
        ? 'its record is not in DNS yet: posthouse tls pin'
        : `ready from ${nextReady.slice(0, 16).replace('T', ' ')} UTC on`
    say(`${id}: another key follows with the next renewal; ${words}`)
  }
}
