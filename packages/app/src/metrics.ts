import { metrics } from '@posthouse/telemetry'

/** Certificates in use. */
export const certificateExpiry = metrics.gauge('tls_cert_expiry_timestamp_seconds', {
  help: 'When a certificate that is served now is over, as Unix time, by the first of its names.',
  labels: { name: { words: 'the names of our certificates', most: 1_000 } },
  merge: 'min',
})
