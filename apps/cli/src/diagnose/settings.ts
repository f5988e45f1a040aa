import type { Account, AccountId, Store } from '@posthouse/store'
import { signIns } from './sign-ins.ts'
import { well, type Case, type Step } from './stage.ts'

/** Server settings: what runs, whose account it is, what it may. */
export async function* settings(it: Case): AsyncGenerator<Step> {
  yield* running(it)
  const { from, store, to, senderOff } = it
  if (senderOff !== undefined) {
    const text = `The domain ${senderOff} is disabled: nobody of it may sign in or send`
    yield { state: 'found', text, next: `posthouse domain enable ${senderOff}` }
    return
  }
  if (from !== undefined) yield* senderAccount(store, from)
  if (to.kind === 'local') yield* recipientAccount(store, to.account.account, to.account.address)
}

async function* running({ status, from, config }: Case): AsyncGenerator<Step> {
  if (status === undefined) {
    const text = `Posthouse is not running on ${config.dataDir}`
    yield { state: 'found', text, next: 'posthouse up, or: systemctl start posthouse' }
    return
  }
  const needed = from === undefined ? ['mx'] : ['submission', 'delivery']
  const down = status.apps.find(({ name, state }) => needed.includes(name) && state !== 'running')
  if (down === undefined) {
    yield well(`${needed.join(' and ')} run`)
    return
  }
  const text = `${down.name} is ${down.state}${down.lastEnd === null ? '' : `: ${down.lastEnd}`}`
  yield { state: 'found', text, next: 'posthouse status' }
}

async function* senderAccount(store: Store, account: Account): AsyncGenerator<Step> {
  const { address, id } = account
  if (account.isDisabled) {
    const text = `${address} is disabled: it may neither sign in nor send`
    yield { state: 'found', text, next: `posthouse account enable ${address}` }
    return
  }
  yield well(`${address} is enabled`)
  yield* heldUp(store, address)
  yield* signIns(store, account, ['submission', 'imap', 'pop3'])
  const contained = (await store.sending.contained()).find((one) => one.account === id)
  if (contained !== undefined) {
    const text = `${address} is stopped from sending: ${contained.because}`
    const why = 'It looked as if somebody else used it; its mail is held, none is lost.'
    yield {
      state: 'found',
      text,
      why,
      next: `posthouse account sending ${address}, then account release`,
    }
    return
  }
  const { today } = await store.sending.signs(id)
  if (today.messages >= today.mostMessages) {
    const text = `${address} has sent its ${today.mostMessages} messages of a day`
    yield {
      state: 'found',
      text,
      why: 'The next ones are put off (450 4.7.1).',
      next: `posthouse account sending ${address}`,
    }
    return
  }
  yield well(`${address} sent ${today.messages} of ${today.mostMessages} messages today`)
}

/** Wrong passwords: whose attempts must wait now. */
async function* heldUp(store: Store, address: string): AsyncGenerator<Step> {
  const held = (await store.networkRules.held()).filter(({ login }) => login === address)
  const [worst] = held
  if (worst === undefined) {
    yield well(`nobody is kept from signing in as ${address}`)
    return
  }
  const { network, failures, heldSeconds } = worst
  const text = `Sign-ins as ${address} from ${network} wait ${Math.ceil(heldSeconds)} s: about ${Math.round(failures)} wrong passwords`
  const why = 'A program there has an old password; devices that signed in before work on.'
  yield { state: 'found', text, why, next: `posthouse ban why ${network.split('/')[0] ?? network}` }
}

async function* recipientAccount(
  store: Store,
  account: AccountId,
  address: string,
): AsyncGenerator<Step> {
  if (!(await store.quotas.full([account])).has(account)) {
    yield well(`${address} has room`)
    yield* signIns(store, { id: account, address }, ['imap', 'pop3'])
    return
  }
  const text = `${address} is full: mail for it is put off (452 4.2.2)`
  yield {
    state: 'found',
    text,
    why: 'Senders try for days, then get it back.',
    next: `posthouse quota show ${address}`,
  }
}
