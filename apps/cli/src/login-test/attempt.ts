import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { SessionProtocol } from '@posthouse/app'
import { linesOf } from '../lines-of.ts'
import { dialogues, type Answer, type Credentials, type Wire } from './dialogues.ts'
import type { Place } from './place.ts'

/** How an attempt over the real listener went. */
export type Attempt =
  | (Answer & { readonly tls: string })
  /** Nobody listens, or nobody answers. */
  | { readonly kind: 'absent'; readonly words: string }
  /** A mail program would not go on. */
  | { readonly kind: 'certificate'; readonly words: string }

/** Longer than any throttle lets wait. */
const silenceMs = 30_000

/** Connects as a mail program does, looks at the certificate as one does, and signs in. Never throws for what the server does. */
export async function attempt(
  protocol: SessionProtocol,
  place: Place,
  credentials: Credentials,
): Promise<Attempt> {
  const { host, port, name, authorities } = place
  const socket = connect({ host, port, servername: name, ca: [...authorities] })
  // What fails is thrown to who reads; between two reads nobody does.
  socket.on('error', () => undefined)
  socket.setTimeout(silenceMs, () => socket.destroy(new Error('it does not answer')))
  try {
    await once(socket, 'secureConnect')
    const answer = await dialogues[protocol](wireOf(socket), credentials)
    return { ...answer, tls: `${socket.getProtocol() ?? 'TLS'}, ${validity(socket)}` }
  } catch (error) {
    return failureOf(error, place)
  } finally {
    socket.destroy()
  }
}

function wireOf(socket: TLSSocket): Wire {
  const lines = linesOf(socket)
  return {
    async read() {
      const { done, value } = await lines.next()
      if (done === true) throw new Error('it closed the connection')
      return value
    },
    say: (line) => void socket.write(`${line}\r\n`),
  }
}

function validity(socket: TLSSocket): string {
  const { valid_to: until } = socket.getPeerCertificate()
  return `certificate until ${new Date(until).toISOString().slice(0, 10)}`
}

const certificateWords: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet: look at the clock',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself: no mail program knows it',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known to this machine',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known to this machine',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate between it and its authority is missing',
}

function failureOf(error: unknown, { host, port, name }: Place): Attempt {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const because = error instanceof Error ? error.message : String(error)
  const known = certificateWords[code]
  if (known !== undefined) return { kind: 'certificate', words: `The certificate: ${known}` }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return { kind: 'certificate', words: `The certificate is not for ${name}` }
  if (code === 'ECONNREFUSED')
    return { kind: 'absent', words: `Nothing listens on ${host} port ${port}` }
  return { kind: 'absent', words: `${host} port ${port}: ${because}` }
}
