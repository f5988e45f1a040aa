import {
  createPipeline,
  filterMessage,
  placementOf,
  sendersOf,
  vouchedDomains,
  type FilterMessage,
  type FilterVerdict,
  type Stage,
} from '@posthouse/filter'
import type { AuthenticationVerdict } from '@posthouse/mail-auth'
import { inboundThresholds } from '@posthouse/reception'
import { newUuid, uuidToBase32, type Account, type Store } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { printable } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { orNull, string } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { authenticate, clientAddress, type ClientOptions } from './auth-check.ts'
import { looksOf } from './filter-pipeline.ts'
import { findAccount } from './find-account.ts'
import { readMessage } from './read-message.ts'
import { findingRows, stageRows, verdictFieldsOf, verdictShapes } from './verdict-item.ts'

/** What `filter test` says. */
const filterVerdictKind = kind('FilterVerdict', 'what would be done with a message, and why', {
  ...verdictShapes,
  placement: orNull(string),
})

/** How a message is tried. */
export interface FilterTestOptions extends CommonOptions, ClientOptions {
  readonly explain?: boolean | undefined
  readonly for?: string | undefined
}

/** What came of it. */
interface Trial {
  readonly message: FilterMessage
  readonly verdict: FilterVerdict
  /** Where the account's copy would go; undefined where none was named. */
  readonly placement: string | undefined
}

/** `posthouse filter test FILE`: what would be done with it, and why. Nothing is kept, counted or learnt. */
export async function testFilter(file: string, options: FilterTestOptions): Promise<void> {
  const terminal = terminalOf(options)
  const { octets } = await readMessage(file)
  await withStore(options, async (store) => {
    const account = options.for === undefined ? undefined : await findAccount(store, options.for)
    const trial = await tryOut(store, octets, options, account)
    const { verdict, placement } = trial
    if (!terminal.isTalking) {
      const whole = verdictFieldsOf({ direction: 'inbound', ...verdict }, true)
      const fields = { ...whole, placement: placement ?? null }
      return terminal.object(filterVerdictKind, { id: file, fields })
    }
    tell(terminal, trial, options, account)
  })
}

async function tryOut(
  store: Store,
  octets: Buffer,
  options: FilterTestOptions,
  account: Account | undefined,
): Promise<Trial> {
  const settings = await store.filterSettings.current()
  const address = clientAddress(options)
  const known = authenticate(options, octets, settings.get('arc.sealers'))
  const message = await viewOf(store, octets, options, known, account)
  // Without its client a message has proof of nothing, and that says nothing.
  const stages = looksOf(store, settings, options).filter(
    ({ name }) => address !== undefined || name !== 'authentication',
  )
  const verdict = await judge(stages, message, {
    thresholds: inboundThresholds(settings),
    virus: settings.get('virus.action'),
  })
  return { message, verdict, placement: await placementFor(store, message, verdict, account) }
}

async function judge(
  stages: readonly Stage[],
  message: FilterMessage,
  rules: Pick<Parameters<typeof createPipeline>[0], 'thresholds' | 'virus'>,
): Promise<FilterVerdict> {
  const pipeline = createPipeline({ stages, log: silentLog, ...rules })
  try {
    return await pipeline.judge(message)
  } finally {
    await pipeline.close()
  }
}

async function viewOf(
  store: Store,
  octets: Buffer,
  { ip, helo, mailFrom }: FilterTestOptions,
  authentication: Promise<AuthenticationVerdict>,
  account: Account | undefined,
): Promise<FilterMessage> {
  const domains = await store.domains.list()
  return filterMessage({
    queueId: uuidToBase32(newUuid()),
    direction: 'inbound',
    octets,
    sender: mailFrom,
    recipients: account === undefined ? [] : [{ address: account.address, account: account.id }],
    client: { address: ip ?? '', helo, isTls: false },
    ourDomains: domains.map(({ name }) => name),
    authentication,
    receivedAt: new Date(),
  })
}

async function placementFor(
  store: Store,
  message: FilterMessage,
  verdict: FilterVerdict,
  account: Account | undefined,
): Promise<string | undefined> {
  if (account === undefined || ['reject', 'defer'].includes(verdict.action)) return undefined
  const filter = (await store.filterSettings.forAccounts([account.id])).get(account.id)
  const settings = filter ?? { allowed: [], blocked: [] }
  const vouched = vouchedDomains(await message.authentication)
  return placementOf(verdict, settings, vouched, sendersOf(message))
}

const words: Readonly<Record<FilterVerdict['action'], string>> = {
  deliver: 'It would be delivered',
  tag: 'It would be delivered, with a header that says so',
  junk: 'It would go to Junk',
  quarantine: 'It would be kept aside',
  defer: 'Its sender would be asked to try again later',
  reject: 'It would be refused',
}

function tell(
  terminal: Terminal,
  { verdict, placement }: Trial,
  { explain, ip }: FilterTestOptions,
  account: Account | undefined,
): void {
  const { action, points, junkAt, reason, text } = verdict
  const why = reason === undefined ? '' : ` (${reason})`
  terminal.data(`${words[action]}${why}: ${points} points, Junk is from ${junkAt ?? '?'}.`)
  if (text !== undefined) terminal.data(printable(`Its sender would read: ${text}`))
  if (placement !== undefined)
    terminal.data(`The copy for ${account?.address ?? ''} would go to: ${placement}.`)
  if (explain === true) {
    const whole = { direction: 'inbound', ...verdict } as const
    terminal.data('\nSigns:')
    terminal.table(findingRows(whole), ['points', 'symbol', 'reason'])
    terminal.data('\nStages:')
    terminal.table(stageRows(whole), ['name', 'outcome', 'ms', 'because'])
  }
  if (ip === undefined) terminal.talk('Without --ip the sender’s proof is not looked at.')
  if (explain !== true) terminal.talk('Every sign for and against it: --explain')
}
