import { styleText } from 'node:util'
import type { OpenPort } from '@posthouse/app'
import { mayColour } from '../output/table.ts'
import type { FirstLogin } from './first-start.ts'

const purposes: Readonly<Record<string, string>> = {
  mx: 'SMTP, mail from other servers',
  submission: 'submission, STARTTLS',
  submissions: 'submission, TLS',
  imap: 'IMAP, STARTTLS',
  imaps: 'IMAP, TLS',
  pop3: 'POP3, STARTTLS',
  pop3s: 'POP3, TLS',
  http: 'web pages',
  https: 'web pages, TLS',
}

/** An app that does not run, and why. */
export interface AbsentApp {
  readonly name: string
  readonly because: string
}

/** What a start has to say when everything listens. */
export interface Announcement {
  readonly seconds: number
  readonly listeners: readonly OpenPort[]
  /** What does not run, though all else does. */
  readonly absent: readonly AbsentApp[]
  readonly dataDir: string
  /** The local authority's certificate, for clients to trust; absent with the operator's own files. */
  readonly caFile: string | undefined
  readonly firstLogin: FirstLogin | undefined
  /** Where the first login stands, if it is still there. */
  readonly firstLoginFile: string | undefined
  readonly hasAccounts: boolean
  /** Where people read how to set a mail program up; undefined: the web server does not run. */
  readonly helpUrl: string | undefined
  readonly noColour: boolean
}

/** The lines that `up` prints when it is ready, on stdout. */
export function announce(facts: Announcement): string {
  const isColoured = mayColour(process.stdout, facts.noColour)
  const strong = (text: string): string => (isColoured ? styleText('bold', text) : text)
  return [
    '',
    strong(`Posthouse is ready (${facts.seconds.toFixed(1)} s).`),
    '',
    ...listenerLines(facts.listeners),
    ...facts.absent.map(
      ({ name, because }) =>
        `  ${name.padEnd(12)} does not run: ${because} Mail goes on without it.`,
    ),
    `  ${'data'.padEnd(12)} ${facts.dataDir}`,
    ...(facts.caFile === undefined ? [] : [`  ${'trust'.padEnd(12)} ${facts.caFile}`]),
    ...(facts.helpUrl === undefined ? [] : [`  ${'clients'.padEnd(12)} ${facts.helpUrl}`]),
    '',
    ...loginLines(facts, strong),
    ...nextLines(facts),
    '',
  ].join('\n')
}

function listenerLines(listeners: readonly OpenPort[]): readonly string[] {
  const byName = new Map<string, { hosts: string[]; port: number }>()
  for (const { name, host, port } of listeners) {
    const known = byName.get(`${name} ${port}`)
    if (known === undefined) byName.set(`${name} ${port}`, { hosts: [host], port })
    else known.hosts.push(host)
  }
  return [...byName].map(([key, { hosts, port }]) => {
    const name = key.split(' ')[0] ?? ''
    return `  ${name.padEnd(12)} ${String(port).padEnd(6)} ${(purposes[name] ?? '').padEnd(30)} ${hosts.join(' ')}`
  })
}

function loginLines(facts: Announcement, strong: (text: string) => string): readonly string[] {
  if (facts.firstLogin !== undefined)
    return [
      `  mailbox      ${strong(facts.firstLogin.address)}`,
      `  password     ${strong(facts.firstLogin.password)}`,
      `               (shown once; kept in ${facts.firstLoginFile ?? 'first-login'}, readable by you alone)`,
      '',
    ]
  if (!facts.hasAccounts)
    return ['  There are no accounts yet: nobody can log in, no mail is taken.', '']
  return []
}

function nextLines(facts: Announcement): readonly string[] {
  if (!facts.hasAccounts) return ['Next: npx posthouse account add you@example.test --generate']
  const { firstLogin } = facts
  if (firstLogin === undefined) return ['Next: npx posthouse status']
  return [`Next: npx posthouse send-test postmaster@example.test --to ${firstLogin.address}`]
}
