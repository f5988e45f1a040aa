import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { kind } from '../output/kind.ts'
import { boolean, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { certificateItems, hostItem } from './tls-status.ts'

/** A record that names a key of ours. */
const pinKind = kind('CertificatePin', 'a TLSA record that names a key of our certificates', {
  name: string,
  record: string,
  type: string,
  value: string,
  isNext: boolean,
})

/**
 * `posthouse tls pin`: the TLSA records of the host name at port 25 (RFC 7672 §3.1): 3 1 1, the key itself, which outlives its
 * certificates.
 */
export async function showPins(options: CommonOptions): Promise<void> {
  const config = configOf(options)
  const { hostname } = config
  const terminal = terminalOf(options)
  await withStore(options, async ({ certificates }) => {
    const items = await certificateItems(certificates, config)
    const own = hostItem(items, hostname)
    if (own === undefined) return
    const { pin, nextPin, source } = own.fields
    const record = `_25._tcp.${hostname}.`
    const pins = nextPin === null ? [pin] : [pin, nextPin]
    terminal.list(
      pinKind,
      pins.map((hex, index) => ({
        id: hex,
        fields: {
          name: hostname,
          record,
          type: 'TLSA',
          value: `3 1 1 ${hex}`,
          isNext: index > 0,
        },
      })),
      ['record', 'type', 'value'],
    )
    terminal.talk('Publish them in a zone that is signed with DNSSEC, all of them; in another one')
    terminal.talk('they say nothing.')
    if (nextPin !== null)
      terminal.talk('The last one is of the next key, which is used once DNS has shown its record.')
    else if (source === 'acme')
      terminal.talk('The key stays the same with each renewal, until: tls issue NAME --new-key.')
    else terminal.talk('The record is true while the certificate keeps its key.')
    terminal.next(`posthouse dane check ${hostname}`)
  })
}
