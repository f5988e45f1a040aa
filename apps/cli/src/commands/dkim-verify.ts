import type { AuthenticationVerdict, DkimVerdict } from '@posthouse/mail-auth'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../output/table.ts'
import { kind } from '../output/kind.ts'
import { integer, oneOf, orNull, string } from '../output/shape.ts'
import { authenticate } from './auth-check.ts'
import { readMessage } from './read-message.ts'

/** A signature of a message. */
const signatureKind = kind('DkimSignature', 'a DKIM signature of a message, and whether it holds', {
  domain: string,
  selector: string,
  algorithm: string,
  identity: string,
  result: string,
  author: oneOf('yes', 'no'),
  keyBits: orNull(integer),
  unsignedOctets: integer,
  because: string,
})

/** `posthouse dkim verify FILE`. Needs no database. Exit code 3 where no signature holds. */
export async function verifyFile(file: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const { octets, isConverted } = await readMessage(file)
  const verdict = await authenticate({ ...options, helo: '', mailFrom: '' }, octets)
  const items = verdict.dkim.map((each, at) => itemOf(each, at, verdict))
  if (isConverted) terminal.talk('Its line ends were made CRLF, as they are in mail.')
  terminal.list(signatureKind, items, [
    'domain',
    'selector',
    'algorithm',
    'result',
    'author',
    'because',
  ])
  const holds = verdict.dkim.filter(({ result }) => result === 'pass')
  if (holds.length === 0) process.exitCode = exitCodes.checkFailed
  if (items.length === 0) terminal.talk('It bears no signature.')
  else terminal.talk(`${holds.length} of ${items.length} signatures hold.`)
  if (holds.some((each) => !isAuthors(each, verdict)))
    terminal.talk(
      printable(`A signature of another domain says nothing about ${verdict.dmarc.domain}.`),
    )
}

function itemOf(signature: DkimVerdict, at: number, verdict: AuthenticationVerdict) {
  const { domain, selector, algorithm, identity, result, because, keyBits } = signature
  return {
    id: String(at + 1),
    fields: {
      domain,
      selector,
      algorithm,
      identity,
      result,
      // DMARC counts a signature of the author's own organization only (RFC 9989 §4.4).
      author: isAuthors(signature, verdict) ? ('yes' as const) : ('no' as const),
      keyBits: keyBits ?? null,
      unsignedOctets: signature.unsignedOctets,
      because,
    },
  }
}

function isAuthors({ domain }: DkimVerdict, { dmarc }: AuthenticationVerdict): boolean {
  return domain === dmarc.domain || dmarc.aligned.includes(domain)
}
