import { request } from 'node:http'
import { isIPv6 } from 'node:net'
import { connect } from 'node:tls'
import type { Proof } from './prover.ts'

/** Whether the listeners answer as they should, as far as it can be seen from here. */
export type AnswerSeen = { readonly ok: true } | { readonly ok: false; readonly because: string }

/** Our own listener, on our own machine, most of the time. */
const limitMs = 2_000
const maxBytes = 4_096

/** Asks as the authority will by http-01 (RFC 8555 §8.3). Never rejects. */
export function askOverHttp(
  address: string,
  port: number,
  { name, token, answer }: Proof,
): Promise<AnswerSeen> {
  const place = placeOf(address, port)
  return new Promise((resolve) => {
    const no = (because: string): void => resolve({ ok: false, because })
    const asked = request(
      {
        host: address,
        port,
        path: `/.well-known/acme-challenge/${token}`,
        headers: { host: name },
        agent: false,
        signal: AbortSignal.timeout(limitMs),
      },
      (message) => {
        let text = ''
        message.on('data', (piece: Buffer) => {
          text += piece.toString('latin1')
          if (text.length > maxBytes) asked.destroy()
        })
        message.on('error', () => no(`${place} breaks off`))
        message.on('end', () => {
          if (message.statusCode === 200 && text.trim() === answer) resolve({ ok: true })
          else no(`${place} answers ${message.statusCode}, and not what it should`)
        })
      },
    )
    asked.on('error', (error) => no(`${place} does not answer (${codeOf(error)})`))
    asked.end()
  })
}

/** The protocol that a challenge by tls-alpn-01 is asked with (RFC 8737 §4). */
export const acmeProtocol = 'acme-tls/1'

/** Asks as the authority will by tls-alpn-01. Never rejects. */
export function askOverTls(address: string, port: number, name: string): Promise<AnswerSeen> {
  const place = placeOf(address, port)
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      servername: name,
      ALPNProtocols: [acmeProtocol],
      // The certificate that answers is signed by nobody, by design.
      rejectUnauthorized: false,
    })
    const end = (seen: AnswerSeen): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(seen)
    }
    const no = (because: string): void => end({ ok: false, because })
    const timer = setTimeout(() => no(`${place} does not answer`), limitMs)
    socket.once('error', (error) => no(`${place} does not answer (${codeOf(error)})`))
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol === acmeProtocol) end({ ok: true })
      else no(`${place} does not speak ${acmeProtocol}`)
    })
  })
}

function placeOf(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message
}
