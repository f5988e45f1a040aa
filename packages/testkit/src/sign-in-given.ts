import { Secret } from '@posthouse/config'
import { appPasswordProtocols, type Store } from '@posthouse/store'
import { testActor } from './suite.ts'
import type { Variables } from './transcript-text.ts'

/** Makes what `given` lines about signing in ask for, for the account given last. */
export class SignInGivens {
  readonly #store: Store
  readonly #ids = new Map<string, string>()
  #account = ''

  constructor(store: Store) {
    this.#store = store
  }

  /** From now on it is this account's. */
  of(account: string): void {
    this.#account = account
  }

  async make(
    what: 'app-password' | 'revoked' | 'failures' | 'ban' | 'disabled',
    first: string,
    rest: readonly string[],
    variables: Variables,
  ): Promise<void> {
    switch (what) {
      case 'app-password':
        return this.#appPassword(first, rest, variables)
      case 'revoked': {
        const id = this.#ids.get(first) ?? ''
        const outcome = await this.#store.appPasswords.revoke(this.#account, id, testActor)
        if (outcome !== 'done') throw new Error(`no app password ${first}: ${outcome}`)
        return
      }
      case 'failures':
        return this.#failures(first, Number(rest[0]))
      case 'ban':
        await this.#store.networkRules.set(first, 'ban', {}, testActor)
        return
      case 'disabled':
        await this.#store.accounts.setEnabled(first, false, testActor, {
          keepsReceiving: rest.includes('--keep-receiving'),
        })
    }
  }

  async #appPassword(
    name: string,
    protocols: readonly string[],
    variables: Variables,
  ): Promise<void> {
    const named = appPasswordProtocols.filter((one) => protocols.includes(one))
    const some = named.length === 0 ? {} : { protocols: named }
    const request = { account: this.#account, name, ...some }
    const made = await this.#store.appPasswords.create(request, testActor)
    if (!made.ok) throw new Error(`no app password ${name}: ${made.reason}`)
    this.#ids.set(name, made.appPassword.id)
    variables.set(name, made.secret.reveal())
  }

  /** As if another process had met them, from the address that transcripts come from. */
  async #failures(login: string, times: number): Promise<void> {
    const context = { protocol: 'imap', address: '127.0.0.1' } as const
    for (let i = 0; i < times; i++) {
      await this.#store.accounts.authenticate(login, new Secret(`wrong ${i}`), context)
    }
  }
}
