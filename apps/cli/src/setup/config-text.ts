import type { CertificateAnswer, SetupAnswers } from './answers.ts'

/** The configuration file for these answers: at most 25 lines. */
export function configText(answers: SetupAnswers, dataDir: string): string {
  const { hostname, ports, database, certificate } = answers
  const lines = [
    '# Made by `posthouse setup`. Only what is needed before the database opens; the rest: `posthouse --help`.',
    `hostname = ${quoted(hostname)}`,
    `data = ${quoted(dataDir)}`,
    'bind = ["0.0.0.0", "::"]',
  ]
  if (ports === 'standard') {
    const list =
      'mx = 25, submission = 587, submissions = 465, imap = 143, imaps = 993, pop3 = 110, pop3s = 995, http = 80, https = 443'
    lines.push(`ports = { ${list} }`)
  }
  if (database !== 'embedded') lines.push('', '[database]', `url = ${quoted(database)}`)
  lines.push(...tlsLines(certificate))
  lines.push('', '[auth]', 'plaintext = "never"')
  return `${lines.join('\n')}\n`
}

function tlsLines(certificate: CertificateAnswer): readonly string[] {
  if (certificate === 'local') return []
  const lines =
    certificate.kind === 'acme'
      ? ['source = "acme"', `acme_email = ${quoted(certificate.email)}`]
      : [`cert = ${quoted(certificate.cert)}`, `key = ${quoted(certificate.key)}`]
  return ['', '[tls]', ...lines]
}

/** A basic string of TOML. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
