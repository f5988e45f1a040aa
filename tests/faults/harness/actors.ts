import { password, type ProcessSuite } from '../../journeys/house/process-suite.ts'
import type { Dice } from './dice.ts'
import { Gardener } from './gardener.ts'
import type { Ledger } from './ledger.ts'
import { readByPop3 } from './pop3-reader.ts'
import { beRude } from './rude-clients.ts'
import { sendFromWorld, submitMail } from './senders.ts'

const [gardens, readers] = [
  ['gardener0@example.test', 'gardener1@example.test'],
  ['reader0@example.test', 'reader1@example.test'],
] as const

/** Who gets mail: two accounts are worked in over IMAP, one over POP3, one is left alone. */
export const accounts: readonly string[] = [...gardens, ...readers]

/** The work of a run. */
export interface Work {
  readonly suite: ProcessSuite
  readonly ledger: Ledger
  readonly dice: Dice
  readonly signal: AbortSignal
  /** Counts strangers by how they behave. */
  readonly rude: Map<string, number>
}

/** All actors at once. Each ends soon after the signal. */
export function startActors({ suite, ledger, dice, signal, rude }: Work): readonly Promise<void>[] {
  const { mx, submission, imap, pop3 } = suite.ports
  const sender = { ports: { mx, submission }, accounts, password, ledger, signal }
  return [
    ...[1, 2, 3].map((part) => sendFromWorld({ ...sender, dice: dice.split(part) })),
    ...[4, 5].map((part) => submitMail({ ...sender, dice: dice.split(part) })),
    ...gardens.flatMap((account, n) =>
      [0, 1].map((rest) =>
        new Gardener({
          port: imap,
          account,
          password,
          share: { rest, of: 2 },
          ledger,
          dice: dice.split(20 + n * 2 + rest),
          signal,
        }).run(),
      ),
    ),
    readByPop3({ port: pop3, account: readers[1], password, ledger, dice: dice.split(30), signal }),
    beRude([mx, submission, imap, pop3], dice.split(9), rude, signal),
  ]
}
