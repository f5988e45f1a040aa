import { X509Certificate } from 'node:crypto'
import { readTls } from '../up/services.ts'
import { ok, type Check, type Finding } from './finding.ts'

const dayMs = 86_400_000
const soonDays = 14

/** The certificate: valid, for a while, for our name. */
export const checkTls: Check = {
  area: 'tls',
  async run({ config }) {
    const { cert } = await readTls(config)
    const certificate = new X509Certificate(cert)
    const leftDays = Math.floor((certificate.validToDate.getTime() - Date.now()) / dayMs)
    const next =
      config.tls === 'local-ca'
        ? 'delete tls-cert.pem in the data folder and restart: it is made anew'
        : `renew ${config.tls.certFile}; it is taken into use within the hour`
    return [
      expiry(leftDays, next),
      nameFinding(certificate, config.hostname, next),
      origin(config.tls),
    ]
  },
}

function expiry(leftDays: number, next: string): Finding {
  const id = 'tls.expiry'
  const why =
    'Mail programs refuse to connect, and servers with strict rules keep their mail, once it is over.'
  if (leftDays >= soonDays) return ok(id, `The certificate is valid for ${leftDays} days`)
  if (leftDays >= 0)
    return { id, state: 'warn', text: `The certificate ends in ${leftDays} days`, why, next }
  return { id, state: 'fail', text: `The certificate ended ${-leftDays} days ago`, why, next }
}

function nameFinding(certificate: X509Certificate, hostname: string, next: string): Finding {
  const id = 'tls.name'
  if (certificate.checkHost(hostname) !== undefined)
    return ok(id, `The certificate is for ${hostname}`)
  const text = `The certificate is for ${certificate.subjectAltName ?? certificate.subject}, not for ${hostname}`
  return {
    id,
    state: 'fail',
    text,
    why: 'Mail programs warn their users, or do not connect.',
    next,
  }
}

function origin(source: 'local-ca' | object): Finding {
  const id = 'tls.origin'
  if (source !== 'local-ca') return ok(id, 'The certificate is one of yours')
  const text = 'The certificate was made here: nobody outside knows its authority'
  const why = 'Each mail program must be told of ca.pem first.'
  return {
    id,
    state: 'warn',
    text,
    why,
    next: 'set tls.cert and tls.key to a certificate that is known everywhere',
  }
}
