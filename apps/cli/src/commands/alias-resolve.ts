import { replies, type Reply } from '@posthouse/smtp'
import type { Resolution, Trail, TrailStep } from '@posthouse/store'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import type { FieldsOfKind } from '../output/kind.ts'
import { kind } from '../output/kind.ts'
import {
  boolean,
  integer,
  listOf,
  object,
  oneOf,
  optional,
  orNull,
  string,
} from '../output/shape.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'

const outcomes = ['local', 'alias', 'returned', 'unknown', 'disabled', 'foreign', 'loop'] as const

/** What `alias resolve` prints. */
export const resolutionKind = kind('Resolution', 'where mail for an address goes, hop by hop', {
  address: string,
  outcome: oneOf(...outcomes),
  catchall: boolean,
  mailboxes: listOf(string),
  remote: listOf(string),
  reply: orNull(string),
  circles: listOf(listOf(string)),
  steps: listOf(
    object({
      depth: integer,
      address: string,
      by: oneOf('asked', 'alias', 'forward', 'domain', 'catch-all'),
      kind: oneOf(
        'account',
        'alias',
        'domain-alias',
        'disabled-domain',
        'catch-all',
        'remote',
        'nobody',
      ),
      account: optional(string),
      tag: optional(string),
      isDisabled: optional(boolean),
      isPaused: optional(boolean),
      isRepeated: optional(boolean),
    }),
  ),
})

/** `posthouse alias resolve ADDRESS`: exit code 3 where mail for it is refused. */
export async function resolveAlias(address: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const trail = await store.trail(address)
    const fields = fieldsOf(address, trail)
    tellWay(terminal, trail, fields)
    terminal.object(resolutionKind, { id: address, fields })
    if (refusalOf(trail.outcome) !== undefined) process.exitCode = exitCodes.checkFailed
  })
}

type Fields = FieldsOfKind<typeof resolutionKind>

function fieldsOf(address: string, { steps, circles, outcome }: Trail): Fields {
  const refusal = refusalOf(outcome)
  return {
    address,
    outcome: outcome.kind,
    catchall: outcome.kind === 'alias' && outcome.isCatchAll === true,
    ...endsOf(outcome),
    reply: refusal === undefined ? null : `${refusal.code} ${refusal.enhanced} ${refusal.text}`,
    circles,
    steps: steps.map((step) => ({ ...step })),
  }
}

/** Accounts that keep the mail, and addresses elsewhere. */
function endsOf(outcome: Resolution): Pick<Fields, 'mailboxes' | 'remote'> {
  switch (outcome.kind) {
    case 'local': {
      const { account, forward = { accounts: [], remote: [] } } = outcome
      return namesOf([account, ...forward.accounts], forward.remote)
    }
    case 'alias':
    case 'returned':
      return namesOf(outcome.accounts, outcome.remote)
    default:
      return { mailboxes: [], remote: [] }
  }
}

function namesOf(
  accounts: Extract<Resolution, { kind: 'alias' }>['accounts'],
  remote: Extract<Resolution, { kind: 'alias' }>['remote'],
): Pick<Fields, 'mailboxes' | 'remote'> {
  const staying = accounts.filter(({ isBypassed }) => isBypassed !== true)
  return {
    mailboxes: staying.map((one) => one.address),
    remote: remote.map((one) => one.address),
  }
}

/** What another server is told; undefined: mail is taken. */
function refusalOf({ kind: outcome }: Resolution): Reply | undefined {
  switch (outcome) {
    case 'unknown':
      return replies.unknownRecipient
    case 'disabled':
      return replies.disabledRecipient
    case 'foreign':
      return replies.foreignRecipient
    case 'loop':
      return replies.recipientLoop
    default:
      return undefined
  }
}

function tellWay(terminal: Terminal, trail: Trail, fields: Fields): void {
  if (!terminal.isTalking) return
  const indented = trail.steps.map(({ depth, address }) => '  '.repeat(depth) + printable(address))
  const width = Math.max(...indented.map(({ length }) => length))
  for (const [i, step] of trail.steps.entries()) {
    const next = trail.steps[i + 1]
    terminal.data(`${(indented[i] ?? '').padEnd(width)}  ${wordsOf(step, next)}`)
  }
  for (const circle of trail.circles) terminal.data(`In a circle: ${circle.join(' → ')}`)
  const { reply, mailboxes, remote, address } = fields
  if (reply !== null) {
    terminal.talk(`Mail for ${address} is refused: ${reply}`)
    const [circle = []] = trail.circles
    const isAlias = (one: string): boolean =>
      trail.steps.some((step) => step.address === one && step.kind === 'alias')
    const last = circle.slice(0, -1).findLast(isAlias)
    if (last !== undefined) terminal.next(`posthouse alias remove ${last}, and add it anew`)
    return
  }
  const ways = [
    ...(mailboxes.length > 0 ? [`is kept by ${mailboxes.join(', ')}`] : []),
    ...(remote.length > 0 ? [`goes on to ${remote.join(', ')}`] : []),
  ]
  terminal.talk(`Mail for ${address} ${ways.join(' and ')}.`)
}

function wordsOf(step: TrailStep, next: TrailStep | undefined): string {
  const { kind: what, account, tag, isDisabled, isPaused, isRepeated } = step
  const words = {
    account: `mailbox${account === undefined ? '' : ` ${account}`}`,
    alias: 'alias',
    'domain-alias': `its domain is an alias of ${domainOf(next?.address ?? '')}`,
    'disabled-domain': 'its domain is disabled: refused',
    'catch-all': 'nobody has it: to the address of last resort',
    remote: 'not ours',
    nobody: 'nobody has it',
  }[what]
  const more = [
    ...(tag === undefined ? [] : [`tag ${printable(tag)}`]),
    ...(isDisabled === true ? ['disabled: refused'] : []),
    ...(isPaused === true ? ['paused: it refused too much'] : []),
    ...(isRepeated === true ? ['as above'] : []),
  ]
  return [words, ...more].join(', ')
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}
