import type { AcmeConfig, Config, TlsConfig } from './config.ts'
import { ConfigError } from './config-error.ts'
import type { FileConfig } from './schema.ts'

const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory'

type Keys = NonNullable<FileConfig['tls']>

/**
 * What the `[tls]` table says, checked as a whole.
 *
 * @throws ConfigError naming the key
 */
export function tlsOf(
  { tls: keys = {}, hostname = 'localhost' }: FileConfig,
  absolute: (path: string) => string,
): Pick<Config, 'tls' | 'acme'> {
  const tls = ownOf(keys, absolute)
  const { source = tls === 'local-ca' ? 'local' : 'files' } = keys
  if (source === 'files' && tls === 'local-ca')
    throw new ConfigError('tls.cert is missing', 'tls.source = "files" needs tls.cert and tls.key.')
  if (source === 'local' && tls !== 'local-ca')
    throw new ConfigError(
      'tls.source is "local", and tls.cert is set',
      'Remove tls.cert and tls.key, or tls.source.',
    )
  if (source === 'acme' && !hostname.includes('.')) {
    throw new ConfigError(
      `no authority issues a certificate for ${hostname}`,
      'Set hostname to the name that the server has in DNS.',
    )
  }
  if (source === 'acme') return { tls, acme: acmeOf(keys, absolute) }
  const stray = Object.keys(keys).find((key) => /^(acme|dns)_/.test(key))
  if (stray === undefined) return { tls }
  throw new ConfigError(
    `tls.${stray} is set, and no authority is asked`,
    `Set tls.source to "acme".`,
  )
}

function ownOf({ cert, key }: Keys, absolute: (path: string) => string): TlsConfig {
  if (cert === undefined && key === undefined) return 'local-ca'
  if (cert === undefined || key === undefined) {
    throw new ConfigError(
      `tls.${cert === undefined ? 'cert' : 'key'} is missing`,
      'Give both tls.cert and tls.key (PEM files), or neither for the local certificate authority.',
    )
  }
  return { certFile: absolute(cert), keyFile: absolute(key) }
}

function acmeOf(keys: Keys, absolute: (path: string) => string): AcmeConfig {
  const { dns_server: server, dns_key_file: keyFile, acme_email: email, acme_ca: caFile } = keys
  const challenge = keys.acme_challenge ?? 'http-01'
  if ((server === undefined) !== (keyFile === undefined)) {
    throw new ConfigError(
      `tls.${server === undefined ? 'dns_server' : 'dns_key_file'} is missing`,
      'Both are needed to change DNS records.',
    )
  }
  if (challenge === 'dns-01' && server === undefined) {
    throw new ConfigError(
      'tls.dns_server is missing',
      'dns-01 changes records: set tls.dns_server and tls.dns_key_file.',
    )
  }
  return {
    directory: keys.acme_directory ?? letsEncrypt,
    ...(email === undefined ? {} : { email }),
    challenge,
    ...(caFile === undefined ? {} : { caFile: absolute(caFile) }),
    keys: keys.acme_keys ?? 'stable',
    keyType: keys.acme_key_type ?? 'ecdsa',
    ...(server === undefined || keyFile === undefined
      ? {}
      : { dns: { server, keyFile: absolute(keyFile) } }),
    httpPort: keys.acme_http_port ?? 80,
    tlsPort: keys.acme_tls_port ?? 443,
  }
}
