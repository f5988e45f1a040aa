import type { Database } from './database.ts'
import { StsPolicyTable } from './sts-policy-table.ts'
import type { TlsLedger } from './tls-ledger.ts'
import { TlsPeerTable } from './tls-peer-table.ts'
import { TlsReportTable } from './tls-report-table.ts'

/** What is known of other domains' TLS, in Postgres. */
export function tlsTable(database: Database): TlsLedger {
  const peers = new TlsPeerTable(database)
  const policies = new StsPolicyTable(database)
  const reports = new TlsReportTable(database)
  return {
    peers: (domain) => peers.peers(domain),
    known: (domain, mxHost) => peers.known(domain, mxHost),
    recent: (limit) => peers.recent(limit),
    note: (notes) => peers.note(notes),
    forget: async (domain) => (await peers.forget(domain)) + (await policies.forget(domain)),
    stsPolicy: (domain) => policies.find(domain),
    keepStsPolicy: (policy) => policies.keep(policy),
    noteStsFailure: (domain, failure) => policies.noteFailure(domain, failure),
    takeStsDue: (limit) => policies.takeDue(limit),
    count: (counts) => reports.count(counts),
    counts: (day) => reports.read(day),
  }
}
