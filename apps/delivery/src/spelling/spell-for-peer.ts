import { isAscii } from 'node:buffer'
import { downgrade } from '@posthouse/message'
import type { ClaimedMessage } from '@posthouse/store'
import type { Content } from '../signing/content.ts'
import type { MessageSigner } from '../signing/message-signer.ts'

/** A message as one peer takes it; or why it must wait. */
export type Spelled =
  | (Extract<Content, { readonly kind: 'ready' }> & { readonly message: ClaimedMessage })
  | Extract<Content, { readonly kind: 'withheld' }>

/**
 * A message of ours for a host that lacks 8BITMIME or SMTPUTF8: said in ASCII where nothing is lost by it, and then signed, for
 * a signature is over what is sent. Else as it is: the client refuses it for that host (RFC 6152 §3, RFC 6531 §3.5). What is
 * forwarded is never touched.
 */
export async function spellForPeer(
  signer: Pick<MessageSigner, 'sign'>,
  message: ClaimedMessage,
  content: Content,
  extensions: ReadonlyMap<string, string>,
): Promise<Spelled> {
  if (content.kind === 'withheld') return content
  const asItIs = { ...content, message }
  if (message.origin === 'forwarded' || isFit(message, extensions)) return asItIs
  // Its last piece is the message, without what was signed.
  const octets = content.pieces.at(-1)
  if (octets === undefined) return asItIs
  const spelled = downgrade(octets, { takesEightBit: extensions.has('8BITMIME') })
  if (spelled === undefined) return asItIs
  // It was for another recipient's address that it needed SMTPUTF8, which the client looks at one by one.
  if (spelled === octets) return { ...content, message: { ...message, needsSmtpUtf8: false } }
  const signed = await signer.sign(message, spelled)
  if (signed.kind === 'withheld') return signed
  const isEightBit = !isAscii(spelled)
  return { ...signed, message: { ...message, isEightBit, needsSmtpUtf8: false } }
}

function isFit(message: ClaimedMessage, extensions: ReadonlyMap<string, string>): boolean {
  return (
    (!message.needsSmtpUtf8 || extensions.has('SMTPUTF8')) &&
    (!message.isEightBit || extensions.has('8BITMIME'))
  )
}
