import type { Resolver } from '@posthouse/dns'
import type { Certificate, Certificates } from '@posthouse/store'
import { covers } from './certificate-facts.ts'
import { sortNames, type NameGroup } from './name-groups.ts'

/** What choosing names needs. */
export interface NamesContext {
  readonly hostname: string
  readonly certificates: Pick<Certificates, 'importedNames' | 'missingNames' | 'noteMissing'>
  readonly resolver: Resolver
}

/** The names that a certificate is to be for. */
export interface WantedNames {
  readonly names: readonly string[]
  /** Where there are none: why. */
  readonly why: string
  /** How often each name failed. */
  readonly failures: ReadonlyMap<string, number>
}

/**
 * The names of a group that lead here, less those that failed and rest, and those that an imported certificate is for. What is
 * left out is noted with its reason, so that one name never costs the others their certificate.
 */
export async function wantedNames(
  { hostname, certificates, resolver }: NamesContext,
  { name: group, candidates }: NameGroup,
  present: Pick<Certificate, 'names'>,
): Promise<WantedNames> {
  const [missing, imported] = await Promise.all([
    certificates.missingNames(group),
    certificates.importedNames(),
  ])
  const open = candidates.filter((name) => !covers(imported, name))
  const resting = new Map(
    missing.flatMap((each) => (each.restSeconds > 0 ? [[each.name, each.because] as const] : [])),
  )
  const { here, elsewhere, unsure } = await sortNames(open, hostname, resolver)
  // DNS that fails for a moment takes no name out of a certificate that has it.
  const kept = unsure.filter((name) => present.names.includes(name))
  const names = [...here, ...kept].filter((name) => !resting.has(name))
  const doubtful = unsure
    .filter((name) => !kept.includes(name))
    .map((name) => ({ name, because: 'DNS does not answer for it' }))
  const waiting = [...here, ...kept].flatMap((name) => {
    const because = resting.get(name)
    return because === undefined ? [] : [{ name, because }]
  })
  const left = [...elsewhere, ...doubtful, ...waiting]
  await certificates.noteMissing(group, left)
  const order = candidates.filter((name) => names.includes(name))
  return {
    names: order,
    why: whyNone(open, left),
    failures: new Map(missing.map((each) => [each.name, each.failures])),
  }
}

function whyNone(
  open: readonly string[],
  left: readonly { readonly name: string; readonly because: string }[],
): string {
  if (open.length === 0) return 'all its names are in an imported certificate'
  const [first] = left
  return `no name of it leads here: ${first?.name ?? ''}: ${first?.because ?? ''}`
}
