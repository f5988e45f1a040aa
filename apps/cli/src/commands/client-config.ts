import {
  appleProfile,
  autoconfigXml,
  autodiscoverJson,
  autodiscoverXml,
  guidesFor,
  offerFor,
  paccJson,
  securityOf,
  type Guide,
  type Offer,
} from '@posthouse/client-setup'
import { parseStoreAddress, type Account } from '@posthouse/store'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { kind } from '../output/kind.ts'
import { integer, listOf, object, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'

/** What `client-config` shows. */
const serverKind = kind('ClientServer', 'a server that a mail program is set up with', {
  protocol: string,
  host: string,
  port: integer,
  security: string,
  username: string,
  authentication: string,
})

/** What `client-config --format PROGRAM` shows. */
const guideKind = kind(
  'ClientGuide',
  'how a mail program is set up, in the labels of its dialogs',
  {
    id: string,
    name: string,
    where: string,
    steps: listOf(string),
    groups: listOf(
      object({ title: string, fields: listOf(object({ label: string, value: string })) }),
    ),
    note: orNull(string),
  },
)

/** Documents that programs fetch, as they are served. */
const documents: Readonly<Record<string, (offer: Offer, account: Account) => string | undefined>> =
  {
    autoconfig: (offer) => autoconfigXml(offer),
    autodiscover: (offer, { address }) => autodiscoverXml(offer, address),
    'autodiscover-json': (offer) => JSON.stringify(autodiscoverJson(offer)),
    pacc: (offer) => paccJson(offer),
    mobileconfig: (offer, { address, id }) => appleProfile(offer, { address, accountId: id }),
  }

/** `posthouse client-config ADDRESS`. */
export async function showClientConfig(
  address: string,
  options: CommonOptions & { readonly format: string },
): Promise<void> {
  const terminal = terminalOf(options)
  const config = configOf(options)
  const { format } = options
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const offer = offerFor(config, parseStoreAddress(account.address)?.domain ?? '')
    if (format === 'text') return showServers(terminal, offer, account.address)
    const document = documents[format]
    if (document !== undefined) return showDocument(terminal, format, document(offer, account))
    const guides = guidesFor(offer, account.address)
    const guide = guides.find(({ id }) => id === format)
    if (guide !== undefined) return showGuide(terminal, guide)
    const known = ['text', ...Object.keys(documents), ...guides.map(({ id }) => id)]
    const hint = `formats: ${known.join(', ')}`
    throw new CliError('usage', 'usage.format', `There is no format "${format}"`, hint)
  })
}

function showServers(terminal: Terminal, offer: Offer, username: string): void {
  const { host, services, webUrl } = offer
  const items = services.map(({ protocol, port, security }) => ({
    id: `${protocol} ${port}`,
    fields: {
      protocol,
      host,
      port,
      security: securityOf({ protocol, port, security }),
      username,
      authentication: 'password',
    },
  }))
  terminal.list(serverKind, items, ['protocol', 'host', 'port', 'security', 'username'])
  if (items.length === 0) terminal.talk('No server is offered: see clients.public_ports.')
  terminal.talk(`People find the same at ${webUrl}/setup?address=${encodeURIComponent(username)}`)
  terminal.next(`posthouse app-password create ${username} --name Phone --qr`)
}

/** As it is served: not even a line's end more. */
function showDocument(terminal: Terminal, format: string, text: string | undefined): void {
  if (text !== undefined) return void process.stdout.write(text)
  const hint = 'see clients.public_ports: posthouse client-config ADDRESS'
  throw new CliError('conflict', 'client_config.nothing', `There is no ${format} to serve`, hint)
}

function showGuide(terminal: Terminal, guide: Guide): void {
  const { id, name, where, steps, groups, note } = guide
  const shown = groups.map(({ title, fields }) => ({
    title,
    fields: fields.map(({ label, value }) => ({ label, value })),
  }))
  const fields = { id, name, where, steps, groups: shown, note: note ?? null }
  terminal.object(guideKind, { id, fields })
  if (!terminal.isTalking) return
  terminal.data(`${name} (${where})\n`)
  terminal.data(steps.map((step, index) => `${index + 1}. ${step}`).join('\n'))
  for (const { title, fields: rows } of shown) {
    terminal.data(`\n${title}`)
    terminal.data(
      rows.map(({ label, value }) => `  ${label.padEnd(widest(rows))}  ${value}`).join('\n'),
    )
  }
  if (note !== undefined) terminal.data(`\n${note}`)
}

function widest(rows: readonly { readonly label: string }[]): number {
  return Math.max(...rows.map(({ label }) => label.length))
}
