/** What it is to do. */
export interface EximOptions {
  readonly address: string
  readonly port: number
  readonly hostname: string
  readonly domains: readonly string[]
  /** The DNS that it asks, on port 53. */
  readonly resolver: string
  /** Options of the main section. */
  readonly settings?: Readonly<Record<string, string>>
  /** Statements for each recipient before it is accepted, in Exim's language of ACLs. */
  readonly recipients?: string
  /** Users by name, and their passwords: they may send anywhere, and their mail is kept here. */
  readonly users?: Readonly<Record<string, string>>
  /** Domains that it sends to by a fixed route, and where that leads. */
  readonly route?: {
    readonly domains: readonly string[]
    readonly host: string
    readonly port: number
  }
}

/** Addresses `gone@` are accepted, and bounce afterwards. */
function routersOf({ route }: EximOptions): string {
  const gone = `gone:
  driver = redirect
  local_parts = gone
  data = :fail: has left us
  allow_fail
  no_verify
`
  if (route === undefined) return gone
  return `peer:
  driver = manualroute
  domains = ${route.domains.join(' : ')}
  route_list = * ${route.host}
  self = send
  transport = peer
  no_more
${gone}`
}

/** AUTH PLAIN, over TLS only. */
function authenticatorsOf({ users }: EximOptions): string {
  if (users === undefined) return ''
  const pairs = Object.entries(users).map(
    ([user, password]) => `{and{{eq{$auth2}{${user}}}{eq{$auth3}{${password}}}}}`,
  )
  return `begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if or{${pairs.join('')}}}
  server_set_id = $auth2
  server_advertise_condition = \${if def:tls_in_cipher}
`
}

function transportsOf({ route }: EximOptions): string {
  return route === undefined
    ? ''
    : `peer:\n  driver = smtp\n  port = ${route.port}\n  allow_localhost\n`
}

/** Its configuration file. Mail is kept in a maildir `mail` of the folder, of whatever user. */
export function eximConf(
  { folder, binary }: { readonly folder: string; readonly binary: string },
  options: EximOptions,
): string {
  const { address, port, hostname, domains, settings = {}, recipients = '' } = options
  const more = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  return `exim_path = ${binary}
exim_user = Debian-exim
exim_group = Debian-exim
primary_hostname = ${hostname}
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%s
notifier_socket =
keep_environment =
daemon_smtp_ports = ${port}
local_interfaces = ${address}
domainlist local_domains = ${domains.join(' : ')}
host_lookup =
rfc1413_query_timeout = 0s
never_users =
log_selector = +dkim +received_recipients +smtp_connection +tls_sni
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
acl_smtp_dkim = acl_dkim
${more.join('\n')}
begin acl
acl_rcpt:
  accept authenticated = *
${recipients}
  accept domains = +local_domains
  deny message = relay not permitted
acl_data:
  accept add_header = :at_start:\${authresults {${hostname}}}
acl_dkim:
  accept
begin routers
${routersOf(options)}all:
  driver = accept
  transport = box
begin transports
${transportsOf(options)}box:
  driver = appendfile
  directory = ${folder}/mail
  maildir_format
  envelope_to_add
  return_path_add
  user = Debian-exim
begin retry
* * F,1h,1m
${authenticatorsOf(options)}`
}
