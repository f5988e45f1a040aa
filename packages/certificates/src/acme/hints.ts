const elsewhere =
  'Another server answered for the name: see where it leads, and what answers there.'
const email = 'The authority does not take tls.acme_email.'

/** What helps against each kind of problem (RFC 8555 §6.7, and ours). */
const hints: Readonly<Record<string, string>> = {
  caa: 'A CAA record forbids this authority: add an issue record with its name, or take that one away.',
  configuration: "Is the file there, and may the service's user read it?",
  connection: 'The authority could not reach this server: is the port open from outside?',
  dns: 'The authority does not find the name in DNS, or not its record: posthouse dns check DOMAIN.',
  externalAccountRequired: 'This authority wants an account made by hand; choose another one.',
  incorrectResponse: elsewhere,
  invalidContact: email,
  key: 'Make a new one: posthouse tls issue NAME --new-key.',
  names: 'posthouse tls status tells the reason of each name.',
  protocol: 'Is tls.acme_directory the address of a directory?',
  rateLimited: 'Nothing helps but waiting: it is tried again by itself.',
  rejectedIdentifier: 'The authority issues nothing for this name.',
  timeout: 'It is tried again by itself.',
  tls: 'The authority met another TLS server, or none: does port 443 come here without ending TLS before?',
  unauthorized: elsewhere,
  unreachable: 'Does this machine reach the authority (port 443), and is tls.acme_ca right?',
  unsupportedContact: email,
  update: 'See tls.dns_server, tls.dns_key_file, and what that server allows.',
  userActionRequired: 'The authority has new terms: see its web site.',
}

/** What to do about a problem, for people; undefined where nothing is known. */
export function hintOf(kind: string): string | undefined {
  return hints[kind]
}
