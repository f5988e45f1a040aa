import { packFlagCommands } from './log-payload.ts'
import type { LogWrite } from './mailbox-writes.ts'
import { uid, type Uid } from './ids.ts'
import { planFlags, type FlagPlan, type FlagRequest } from './plan-flags.ts'
import type { SharedMailbox } from './shared-mailbox.ts'
import { flagEvents } from './trace-flags.ts'

/** What one STORE came to. */
export interface FlagResult {
  readonly changed: readonly Uid[]
  readonly modified: readonly Uid[]
  /** The modseq of the command; undefined where it changed nothing. */
  readonly modSeq: number | undefined
}

interface Waiting {
  readonly request: FlagRequest
  readonly resolve: (result: FlagResult) => void
  readonly reject: (error: unknown) => void
}

/** A row's `n` is a smallint, and a row should not hold up others. */
const mostCommands = 500

/** The flag changes that wait for one mailbox: everything that waits at one moment becomes one row of the log. */
export class FlagQueue {
  readonly #mailbox: SharedMailbox
  #waiting: Waiting[] = []
  #isPumping = false

  constructor(mailbox: SharedMailbox) {
    this.#mailbox = mailbox
  }

  /** Writes this change, together with what waits. */
  store(request: FlagRequest): Promise<FlagResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject })
      if (!this.#isPumping) void this.#pump()
    })
  }

  async #pump(): Promise<void> {
    this.#isPumping = true
    while (this.#waiting.length > 0) {
      const taken: Waiting[] = []
      try {
        await this.#writeRow(taken)
      } catch (error) {
        // Nobody was taken where the mailbox refused before it planned.
        if (taken.length === 0) taken.push(...this.#waiting.splice(0))
        for (const { reject } of taken) reject(error)
      }
    }
    this.#isPumping = false
  }

  /** Who waits is decided when the mailbox's turn has come, so that a row holds as much as it can. */
  async #writeRow(taken: Waiting[]): Promise<void> {
    let plan: FlagPlan | undefined
    const at = await this.#mailbox.write((state) => {
      taken.push(...this.#waiting.splice(0, mostCommands - taken.length))
      const requests = taken.map(({ request }) => request)
      plan = this.#mailbox.keywords.countSets(() => planFlags(state, requests))
      return rowOf(plan)
    })
    if (plan !== undefined) this.#answer(taken, plan, at)
  }

  #answer(taken: readonly Waiting[], plan: FlagPlan, at: number | undefined): void {
    taken.forEach(({ resolve }, i) => {
      const result = plan.results[i]
      const modified = (result?.modified ?? []).map(uid)
      if (result?.command === undefined || at === undefined) {
        resolve({ changed: [], modified, modSeq: undefined })
        return
      }
      const own = at - plan.commands.length + 1 + result.command
      const uids = plan.commands[result.command]?.uids ?? new Uint32Array()
      resolve({ changed: Array.from(uids, uid), modified, modSeq: own })
    })
  }
}

function rowOf(plan: FlagPlan): LogWrite | undefined {
  if (plan.commands.length === 0) return undefined
  return {
    kind: 'flags',
    commands: plan.commands.length,
    payload: packFlagCommands(plan.commands),
    total: 0,
    unseen: plan.unseen,
    deleted: plan.deleted,
    bytes: 0,
    told: flagEvents(plan.commands),
  }
}
