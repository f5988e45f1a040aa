import { createHash } from 'node:crypto'
import type { Secret } from '@posthouse/config'
import { document, element, type Markup } from './markup.ts'
import { bestOf, type Offer, type Service } from './offer.ts'

/** Whom a profile is for. */
export interface ProfileOwner {
  /** The address, which is also the name to sign in with. */
  readonly address: string
  /** What stays when everything else of the account changes: a second profile of it takes the place of the first. */
  readonly accountId: string
  /** Absent: the device asks for it. */
  readonly password?: Secret
}

/** The type of the file: iOS and macOS open it as a profile. */
export const profileType = 'application/x-apple-aspen-config'

/**
 * The configuration profile by which Apple's devices set Mail up (payload `com.apple.mail.managed`).
 * @returns undefined where there is no server to read mail from, or none to send it by
 */
export function appleProfile(offer: Offer, owner: ProfileOwner): string | undefined {
  const incoming = bestOf(offer, 'imap') ?? bestOf(offer, 'pop3')
  const outgoing = bestOf(offer, 'smtp')
  if (incoming === undefined || outgoing === undefined) return undefined
  const identity = `${offer.host}/${owner.accountId}`
  const mail: Dictionary = {
    ...payload('com.apple.mail.managed', `${identity}/mail`, `Mail for ${owner.address}`),
    EmailAccountDescription: owner.address,
    EmailAccountName: owner.address,
    EmailAddress: owner.address,
    EmailAccountType: incoming.protocol === 'imap' ? 'EmailTypeIMAP' : 'EmailTypePOP',
    ...server('Incoming', offer.host, incoming, owner.address),
    ...server('Outgoing', offer.host, outgoing, owner.address),
    ...passwords(owner.password),
  }
  const whole: Dictionary = {
    ...payload('Configuration', identity, `${offer.name}: ${owner.address}`),
    PayloadDescription: `Sets Mail up for ${owner.address}.`,
    PayloadOrganization: offer.name,
    PayloadContent: [mail],
  }
  return document(element('plist', dictionary(whole), { version: '1.0' }), doctype)
}

function passwords(password: Secret | undefined): Dictionary {
  if (password === undefined) return { OutgoingPasswordSameAsIncomingPassword: true }
  const IncomingPassword = password.reveal()
  return { IncomingPassword, OutgoingPasswordSameAsIncomingPassword: true }
}

function server(
  direction: 'Incoming' | 'Outgoing',
  host: string,
  { port }: Service,
  user: string,
): Dictionary {
  return {
    [`${direction}MailServerAuthentication`]: 'EmailAuthPassword',
    [`${direction}MailServerHostName`]: host,
    [`${direction}MailServerPortNumber`]: port,
    [`${direction}MailServerUseSSL`]: true,
    [`${direction}MailServerUsername`]: user,
  }
}

function payload(type: string, identity: string, title: string): Dictionary {
  const uuid = stableUuid(identity)
  return {
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: `posthouse.${uuid.toLowerCase()}`,
    PayloadUUID: uuid,
    PayloadDisplayName: title,
  }
}

/** A UUID of version 8 (RFC 9562 §5.8): the same for the same text, for ever. */
function stableUuid(text: string): string {
  const octets = createHash('sha256').update(`posthouse profile ${text}`).digest().subarray(0, 16)
  octets.writeUInt8((octets.readUInt8(6) & 0x0f) | 0x80, 6)
  octets.writeUInt8((octets.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = octets.toString('hex').toUpperCase()
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

type Value = string | number | boolean | readonly Dictionary[]
interface Dictionary {
  readonly [key: string]: Value
}

const doctype =
  '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'

function dictionary(values: Dictionary): Markup {
  return element(
    'dict',
    Object.entries(values).flatMap(([key, value]) => [element('key', key), plistValue(value)]),
  )
}

function plistValue(value: Value): Markup {
  if (typeof value === 'string') return element('string', value)
  if (typeof value === 'number') return element('integer', value)
  if (typeof value === 'boolean') return element(value ? 'true' : 'false')
  return element('array', value.map(dictionary))
}
