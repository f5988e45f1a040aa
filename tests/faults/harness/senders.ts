import type { Dice } from './dice.ts'
import type { Ledger } from './ledger.ts'
import { AnswerLost, Refused } from './line-client.ts'
import { pause } from './scene.ts'
import { sendMail, type SmtpErrand } from './smtp-client.ts'
import { messageWith, newToken } from './tokens.ts'

/** What senders need. */
export interface SenderOptions {
  readonly ports: { readonly mx: number; readonly submission: number }
  readonly accounts: readonly string[]
  readonly password: string
  readonly ledger: Ledger
  readonly dice: Dice
  readonly signal: AbortSignal
}

/** How `sink.test` treats recipients, by local part. `no` is refused for good. */
const manners = ['ok', 'ok', 'ok', 'grey', 'no', 'cut', 'stall'] as const

/** Mail from the world to one or two accounts. */
export async function sendFromWorld(options: SenderOptions): Promise<void> {
  const { dice, accounts, ports } = options
  await again(options, async () => {
    const token = newToken('mx')
    const to = [...new Set([dice.pick(accounts), dice.pick(accounts)])]
    const octets = messageWith(token, 'sender@world.test', to[0] ?? '', linesOf(dice))
    const errand = { port: ports.mx, from: 'sender@world.test', to, octets }
    await promised(options, errand, token, to, [])
  })
}

/** Mail from an account to another one, and to the sink. */
export async function submitMail(options: SenderOptions): Promise<void> {
  const { dice, accounts, ports, password } = options
  await again(options, async () => {
    const token = newToken('submitted')
    const from = dice.pick(accounts)
    const local = dice.below(2) === 0 ? [dice.pick(accounts)] : []
    const host = dice.below(5) === 0 ? 'rude' : dice.pick(manners)
    const foreign = [host === 'rude' ? `ok-${token}@rude.test` : `${host}-${token}@sink.test`]
    const octets = messageWith(token, from, foreign[0] ?? '', linesOf(dice))
    const login = { user: from, password }
    const errand = { port: ports.submission, from, to: [...local, ...foreign], octets, login }
    await promised(options, errand, token, local, foreign)
  })
}

async function promised(
  { ledger }: SenderOptions,
  errand: SmtpErrand,
  token: string,
  local: readonly string[],
  foreign: readonly string[],
): Promise<void> {
  let isSent = false
  try {
    await ledger.during(() => sendMail(errand, () => (isSent = true)))
    for (const account of local) ledger.entered(account, token, 'INBOX', true)
    for (const recipient of foreign) {
      const isRefused = recipient.startsWith('no-')
      ledger.outgoing.push({ token, sender: errand.from, recipient, isRefused })
    }
  } catch (error) {
    if (error instanceof AnswerLost && isSent) {
      ledger.unknown++
      for (const account of local) ledger.entered(account, token, 'INBOX', false)
    }
    throw error
  }
}

async function again({ signal }: SenderOptions, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await work()
      await pause(5)
    } catch (error) {
      if (!(error instanceof AnswerLost) && !(error instanceof Refused)) throw error
      await pause(200)
    }
  }
}

/** Mostly small; sometimes over the size that commits alone. */
function linesOf(dice: Dice): number {
  return dice.below(50) === 0 ? 9000 : dice.below(120)
}
