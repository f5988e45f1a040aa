import { checkDns, checkIdentity, checkResolver } from './check-dns.ts'
import { checkClock, checkDisk } from './check-machine.ts'
import { checkAccounts, checkBackup, checkFilter, checkQueue } from './check-mail.ts'
import { checkNetwork } from './check-network.ts'
import { checkReputation } from './check-reputation.ts'
import { checkServices } from './check-services.ts'
import { checkTls } from './check-tls.ts'
import { areas, type Area, type Check, type Diagnosis, type Patient } from './finding.ts'

const checks: readonly Check[] = [
  checkServices,
  checkNetwork,
  checkResolver,
  checkIdentity,
  checkDns,
  checkTls,
  checkReputation,
  checkQueue,
  checkAccounts,
  checkFilter,
  checkBackup,
  checkDisk,
  checkClock,
]

/** A check that takes longer could not look. */
const checkMs = 30_000

/** Which areas are looked at. */
export interface Choice {
  /** Nothing but these; all where none is named. */
  readonly only: ReadonlySet<Area>
  readonly skip: ReadonlySet<Area>
}

/** Runs all checks side by side; findings in the order of areas. One that fails is a finding, too. */
export async function runChecks(patient: Patient, choice: Choice): Promise<readonly Diagnosis[]> {
  const chosen = checks.filter(({ area }) => {
    return (choice.only.size === 0 || choice.only.has(area)) && !choice.skip.has(area)
  })
  const found = await Promise.all(chosen.map((check) => look(check, patient)))
  return found.flat().toSorted((a, b) => areas.indexOf(a.area) - areas.indexOf(b.area))
}

async function look(check: Check, patient: Patient): Promise<readonly Diagnosis[]> {
  const { area, isOutside = false, needsStore = false } = check
  const skipped = (text: string): readonly Diagnosis[] => [
    { id: `${area}.skipped`, area, state: 'skipped', text },
  ]
  if (isOutside && patient.isOffline)
    return skipped('It needs the network, which is to be left alone')
  if (needsStore && patient.store === undefined)
    return skipped('It needs the database, which is away')
  const late = Promise.withResolvers<readonly Diagnosis[]>()
  const timer = setTimeout(() => late.resolve(skipped('It took too long')), checkMs)
  try {
    const findings = check.run(patient).then((all) => all.map((one) => ({ ...one, area })))
    return await Promise.race([findings, late.promise])
  } catch (error) {
    return skipped(
      `It could not be looked at: ${error instanceof Error ? error.message : String(error)}`,
    )
  } finally {
    clearTimeout(timer)
  }
}
