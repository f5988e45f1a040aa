import assert from 'node:assert/strict'
import { Secret } from '@posthouse/config'
import type { Account, Authentication } from '../accounts.ts'
import type { Store } from '../store.ts'
import { actor, openStoreHouse, type StoreHouse } from './store-house.ts'

/** A store with `Ada@main.test` and `bob@main.test`, and short words for what is done to domains. */
export class DomainHouse {
  readonly ada: Account
  readonly #house: StoreHouse

  private constructor(house: StoreHouse, ada: Account) {
    this.#house = house
    this.ada = ada
  }

  static async open(): Promise<DomainHouse> {
    const house = await openStoreHouse()
    const ada = await house.account('Ada@main.test')
    await house.account('bob@main.test')
    return new DomainHouse(house, ada)
  }

  get store(): Store {
    return this.#house.store
  }

  /** Another process's store. */
  another(...options: Parameters<StoreHouse['another']>): Promise<Store> {
    return this.#house.another(...options)
  }

  account(address: string): Promise<Account> {
    return this.#house.account(address)
  }

  close(): Promise<void> {
    return this.#house.close()
  }

  async alias(address: string, ...targets: string[]): Promise<void> {
    assert.deepEqual(await this.store.aliases.create(address, targets, actor), { ok: true })
  }

  async domainAlias(name: string, of: string): Promise<void> {
    assert.deepEqual(await this.store.domains.addAlias(name, of, actor), { ok: true })
  }

  /** Why one domain cannot become an alias of another. */
  async aliasReason(name: string, of: string): Promise<string> {
    const made = await this.store.domains.addAlias(name, of, actor)
    return made.ok ? 'made' : made.reason
  }

  async catchAll(name: string, address: string | undefined): Promise<void> {
    assert.equal(await this.store.domains.change(name, { catchAll: { address } }, actor), 'done')
  }

  may(account: Account, ...addresses: readonly string[]): Promise<boolean> {
    return this.store.sending.mayWriteAs(account.id, addresses)
  }

  signIn(login: string, password = 'analytical'): Promise<Authentication> {
    const context = { protocol: 'imap', address: '192.0.2.1' } as const
    return this.store.accounts.authenticate(login, new Secret(password), context)
  }

  /** A resolution in one line. */
  async resolve(address: string): Promise<string> {
    const found = await this.store.resolve(address)
    if (found.kind === 'local') {
      const { account, forward } = found
      const onward = forward?.remote.map((one) => one.address).join()
      const more = onward === undefined ? '' : ` > ${onward}`
      return `local ${account.address} ${account.detail}`.trim() + more
    }
    if (found.kind !== 'alias') return found.kind
    const accounts = found.accounts.map((one) => `${one.address} ${one.detail}`.trim())
    const ends = [...accounts, ...found.remote.map((one) => one.address)].toSorted()
    return `${found.isCatchAll === true ? 'catch-all' : 'alias'} ${ends.join(', ')}`
  }

  /** The way of an address, a line per step. */
  async way(address: string): Promise<readonly string[]> {
    const { steps } = await this.store.trail(address)
    return steps.map(({ depth, address: at, by, kind, account, tag, ...marks }) => {
      const more = [account, tag === undefined ? undefined : `+${tag}`, ...Object.keys(marks)]
      const words = [by, at, 'is', kind, ...more.filter((one) => one !== undefined)]
      return '  '.repeat(depth) + words.join(' ')
    })
  }
}
