import { isIP } from 'node:net'
import { z } from 'zod'
import { acmeChallenges, portNames, proxiedPorts, type ListConfig } from './config.ts'
import { imapExtension, imapExtensions } from './imap-extensions.ts'
import { nearest } from './nearest.ts'

const port = z
  .int('must be a port number')
  .min(0, 'must be 0 to 65535')
  .max(65_535, 'must be 0 to 65535')

/** RFC 1123 §2.1 host names, as A-labels. */
const hostname = z
  .string()
  .max(253, 'is longer than 253 characters')
  .regex(
    /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i,
    'must be a host name such as mail.example.test',
  )

const address = z
  .string()
  .refine((value) => isIP(value) !== 0, 'must be an IP address such as 127.0.0.1 or ::1')

/** `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:5353`. */
const addressAndPort = z.string().refine((value) => {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(value)
  const host = isIP(value) === 0 ? (match?.[1] ?? match?.[2] ?? '') : value
  return isIP(host) !== 0 && Number(match?.[3] ?? 53) <= 65_535
}, 'must be an IP address, with a port or without, such as 192.0.2.53:53')

/** An address or a network in CIDR notation. */
const network = z.string().refine((value) => {
  const [host = '', bits, ...more] = value.split('/')
  const widest = isIP(host) === 4 ? 32 : 128
  const isPrefix = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest)
  return isIP(host) !== 0 && isPrefix && more.length === 0
}, 'must be an IP address or a network such as 10.0.0.0/8')

const positive = z.int('must be a whole number').min(1, 'must be at least 1')

const ports = z.strictObject(
  Object.fromEntries(portNames.map((name) => [name, port.optional()])) as Record<
    (typeof portNames)[number],
    z.ZodOptional<typeof port>
  >,
)

/** Capabilities of IMAP. */
const extensions = z.array(
  z.string().transform((text, context) => {
    const known = imapExtension(text)
    if (known !== undefined) return known
    const near = nearest(text.toUpperCase(), imapExtensions)
    const hint = near === undefined ? `are ${imapExtensions.join(', ')}` : `include ${near}`
    context.addIssue({ code: 'custom', message: `is "${text}"; the names ${hint}` })
    return z.NEVER
  }),
)

const imapClient = z.strictObject({
  name: z.string().min(1, 'must not be empty'),
  version: z.string().min(1, 'must not be empty').optional(),
  without: extensions,
})

const list = z
  .strictObject({
    use: z.string().min(1, 'must not be empty').optional(),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,40}$/, 'must be lower-case letters, digits and hyphens')
      .optional(),
    zone: hostname.optional(),
    kind: z.enum(['address', 'domain'], 'must be "address" or "domain"').optional(),
    codes: z
      .record(
        z.string(),
        z.number('must be points').min(-20, 'must be -20 to 20').max(20, 'must be -20 to 20'),
      )
      .optional(),
    takes_addresses: z.boolean('must be true or false').optional(),
  })
  .transform((given, context): ListConfig => {
    const { use, name, zone, kind, codes, takes_addresses: takesAddresses } = given
    if (use !== undefined && Object.keys(given).length === 1) return { use }
    if (
      use === undefined &&
      name !== undefined &&
      zone !== undefined &&
      kind !== undefined &&
      codes !== undefined
    ) {
      return {
        name,
        zone,
        kind,
        codes,
        ...(takesAddresses === undefined ? {} : { takesAddresses }),
      }
    }
    context.addIssue({ code: 'custom', message: 'needs use alone, or name, zone, kind and codes' })
    return z.NEVER
  })

const file = z.string().min(1, 'must not be empty')

const tls = z.strictObject({
  source: z.enum(['acme', 'files', 'local'], 'must be "acme", "files" or "local"').optional(),
  cert: file.optional(),
  key: file.optional(),
  acme_directory: z.url({ protocol: /^https$/, error: 'must be an https:// address' }).optional(),
  acme_email: z.email('must be an address such as you@example.org').optional(),
  acme_challenge: z.enum(acmeChallenges, `must be one of ${acmeChallenges.join(', ')}`).optional(),
  acme_ca: file.optional(),
  acme_keys: z.enum(['stable', 'roll'], 'must be "stable" or "roll"').optional(),
  acme_key_type: z.enum(['ecdsa', 'rsa'], 'must be "ecdsa" or "rsa"').optional(),
  acme_http_port: port.optional(),
  acme_tls_port: port.optional(),
  dns_server: addressAndPort.optional(),
  dns_key_file: file.optional(),
})

/** The TOML file's shape. Unknown keys are errors. */
export const fileSchema = z.strictObject({
  hostname: hostname.optional(),
  data: z.string().min(1, 'must not be empty').optional(),
  bind: z.array(address).min(1, 'needs at least one address').optional(),
  ports: ports.optional(),
  database: z
    .strictObject({
      url: z
        .string()
        .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
        .optional(),
      unsafe: z.boolean('must be true or false').optional(),
    })
    .optional(),
  tls: tls.optional(),
  auth: z
    .strictObject({
      plaintext: z.enum(['loopback', 'never'], 'must be "loopback" or "never"').optional(),
    })
    .optional(),
  limits: z
    .strictObject({
      message_bytes: positive.max(1024 ** 3, 'must be at most 1 GiB').optional(),
      connections: positive.optional(),
      connections_per_address: positive.optional(),
      connections_per_network: positive.optional(),
    })
    .optional(),
  mx: z
    .strictObject({
      greeting_delay_ms: z
        .int('must be a whole number')
        .min(0, 'must be 0 to 60000')
        .max(60_000, 'must be 0 to 60000')
        .optional(),
      connections_per_minute: positive.optional(),
      messages_per_minute: positive.optional(),
      sender_messages_per_minute: positive.optional(),
    })
    .optional(),
  proxy: z
    .strictObject({
      networks: z.array(network).optional(),
      ports: z.array(z.enum(proxiedPorts, `must be one of ${proxiedPorts.join(', ')}`)).optional(),
    })
    .optional(),
  xclient: z.strictObject({ networks: z.array(network).optional() }).optional(),
  lists: z.array(list).optional(),
  dns: z
    .strictObject({
      servers: z.array(addressAndPort).optional(),
      trusted: z.array(address).optional(),
    })
    .optional(),
  imap: z
    .strictObject({
      without: extensions.optional(),
      clients: z.array(imapClient).optional(),
      workers: positive.max(64, 'must be at most 64').optional(),
    })
    .optional(),
  clients: z
    .strictObject({
      public_host: hostname.optional(),
      public_ports: ports.optional(),
      name: z
        .string()
        .regex(/^[^\p{C}]{1,60}$/u, 'must be 1 to 60 characters of text')
        .optional(),
    })
    .optional(),
  metrics: z.strictObject({ token_file: file.optional() }).optional(),
  log: z
    .strictObject({
      level: z
        .enum(
          ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
          'must be one of trace, debug, info, warn, error, silent',
        )
        .optional(),
      format: z.enum(['json', 'text'], 'must be "json" or "text"').optional(),
    })
    .optional(),
  secrets: z
    .strictObject({ key_file: z.string().min(1, 'must not be empty').optional() })
    .optional(),
  delivery: z
    .strictObject({
      mx_port: port.optional(),
      policy_port: port.optional(),
      private_targets: z.array(network).optional(),
    })
    .optional(),
})

/** A checked file, before defaults. */
export type FileConfig = z.infer<typeof fileSchema>
