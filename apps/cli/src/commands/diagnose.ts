import { forecast } from '@posthouse/delivery'
import { createResolver } from '@posthouse/dns'
import { parseStoreAddress, type Store } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { address } from '../diagnose/address.ts'
import { disabledDomain } from '../diagnose/disabled-domain.ts'
import { filters } from '../diagnose/filters.ts'
import { domainOf } from '../diagnose/domain-of.ts'
import { network } from '../diagnose/network.ts'
import { past } from '../diagnose/past.ts'
import { settings } from '../diagnose/settings.ts'
import { stages, type Case, type Stage, type StageName, type Step } from '../diagnose/stage.ts'
import { publicAddresses } from '../dns/public-addresses.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind } from '../output/kind.ts'
import { listOf, object, oneOf, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { readStatus } from '../up/state-file.ts'
import { withStore } from '../with-store.ts'
import { wholeNumber } from './route-options.ts'

/** What `diagnose` found. */
const diagnosisKind = kind('Diagnosis', 'why mail from one address does not reach another', {
  sender: string,
  recipient: string,
  cause: orNull(string),
  stage: orNull(oneOf(...stages)),
  next: orNull(string),
  steps: listOf(
    object({
      stage: oneOf(...stages),
      state: oneOf('ok', 'found', 'skipped'),
      text: string,
      why: orNull(string),
      next: orNull(string),
    }),
  ),
})

interface DiagnoseOptions extends CommonOptions {
  readonly address?: readonly string[] | undefined
  readonly days: string
}

/** Ten years: what is older is no sign of today. */
const mostDays = 3_650

const looks: Readonly<Record<StageName, Stage>> = {
  'server settings': settings,
  network,
  'spam filters': filters,
  "recipient's address": address,
  'what happened before': past,
}

/** `posthouse diagnose SENDER RECIPIENT`: exit code 3 where a cause is found, 0 where none is. */
export async function diagnose(
  sender: string,
  recipient: string,
  options: DiagnoseOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  const days = wholeNumber('--days', options.days, mostDays)
  await withStore(options, async (store) => {
    const it = await caseOf(store, sender, recipient, { ...options, days })
    const told: { stage: StageName; step: Step }[] = []
    for (const stage of stages) {
      for await (const step of looks[stage](it)) {
        told.push({ stage, step })
        tell(terminal, stage, step, told)
        if (step.state === 'found') break
      }
      if (told.at(-1)?.step.state === 'found') break
    }
    conclude(terminal, it, told)
  })
}

async function caseOf(
  store: Store,
  sender: string,
  recipient: string,
  options: Omit<DiagnoseOptions, 'days'> & { readonly days: number },
): Promise<Case> {
  for (const one of [sender, recipient]) {
    if (parseStoreAddress(one) === undefined)
      throw new CliError('usage', 'usage.address', `"${one}" is not a mail address`)
  }
  const config = configOf(options)
  const resolver = createResolver(config.dns)
  const [from, to] = await store.resolveAll([sender, recipient])
  const account = from?.kind === 'local' ? from.account.account : undefined
  const disabled = from?.kind === 'disabled' ? await store.accounts.show(sender) : undefined
  if (to === undefined) throw new Error('the store resolves every address')
  const isOurs = from?.kind !== 'foreign'
  if (!isOurs && to.kind === 'foreign') {
    const hint = 'one of the two must be an address of this server'
    throw new CliError('usage', 'diagnose.foreign', 'Neither address is ours', hint)
  }
  const request = { sender, domain: domainOf(recipient), failures: 0 }
  let way: ReturnType<typeof forecast> | undefined
  return {
    sender,
    recipient,
    way: () => (way ??= forecast(request, { config, store, resolver, log: silentLog })),
    senderOff: from?.kind === 'disabled' ? await disabledDomain(store, sender) : undefined,
    from: disabled ?? (account === undefined ? undefined : await store.accounts.show(account)),
    to,
    since: new Date(Date.now() - options.days * 86_400_000),
    config,
    store,
    resolver,
    status: await readStatus(config.dataDir),
    addresses: await publicAddresses(config, resolver, options.address),
  }
}

function tell(
  terminal: Terminal,
  stage: StageName,
  { state, text, why, next }: Step,
  told: readonly { readonly stage: StageName }[],
): void {
  if (!terminal.isTalking) return
  if (told.at(-2)?.stage !== stage) terminal.data(`${stages.indexOf(stage) + 1}. ${stage}`)
  terminal.data(`   ${{ ok: '✔', found: '✖', skipped: '-' }[state]} ${text}`)
  if (why !== undefined) terminal.data(`     ${why}`)
  if (next !== undefined) terminal.data(`     → ${next}`)
}

function conclude(
  terminal: Terminal,
  { sender, recipient }: Case,
  told: readonly { readonly stage: StageName; readonly step: Step }[],
): void {
  const found = told.find(({ step }) => step.state === 'found')
  const steps = told.map(({ stage, step: { state, text, why = null, next = null } }) => {
    return { stage, state, text, why, next }
  })
  const { stage = null, step } = found ?? {}
  const fields = {
    sender,
    recipient,
    cause: step?.text ?? null,
    stage,
    next: step?.next ?? null,
    steps,
  }
  terminal.object(diagnosisKind, { id: `${sender} ${recipient}`, fields })
  if (found === undefined) terminal.talk('Nothing is wrong that could be seen from here.')
  else process.exitCode = exitCodes.checkFailed
}
