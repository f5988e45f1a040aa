import { setTimeout as sleep } from 'node:timers/promises'
import type { Resolver } from '@posthouse/dns'
import { keyRecordName, readPublication } from '@posthouse/mail-auth'
import type { Actor, DkimKey, DkimKeys } from '@posthouse/store'
import { faultPoint, type Log } from '@posthouse/telemetry'

/** What a watch needs. */
export interface KeyWatchContext {
  readonly keys: DkimKeys
  readonly resolver: Resolver
  readonly log: Log
  /** Between two rounds. What is due when, the store knows. */
  readonly everyMs: number
}

/**
 * Moves keys along: makes those of a domain that never had any, lets one sign once public DNS shows it, retires what has rested
 * long enough. Every step is whole in itself, and any number of processes may take it.
 */
export class KeyWatch {
  readonly #context: KeyWatchContext
  readonly #stop = new AbortController()
  readonly #loop: Promise<void>
  #isFailing = false

  constructor(context: KeyWatchContext) {
    this.#context = context
    this.#loop = this.#run()
  }

  /** Resolves when the step under way has ended. */
  async end(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { everyMs, log } = this.#context
    for (;;) {
      // Not all processes at the same moment.
      const restMs = everyMs * (0.75 + Math.random() / 2)
      await sleep(restMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      if (this.#stop.signal.aborted) return
      try {
        await this.#round()
        this.#isFailing = false
      } catch (error) {
        if (!this.#isFailing) log.warn('delivery.dkim.watch.failed', { error })
        this.#isFailing = true
      }
    }
  }

  async #round(): Promise<void> {
    const { keys, log } = this.#context
    for (const key of await keys.due()) {
      if (this.#stop.signal.aborted) return
      await this.#look(key)
    }
    const retired = await keys.retireDue(watchActor)
    if (retired.length > 0) await faultPoint('delivery.dkim.retired')
    for (const key of retired) log.info('delivery.dkim.retired', { ...key })
    for (const domain of await keys.domainsWithout()) {
      if (this.#stop.signal.aborted) return
      await this.#equip(domain)
    }
  }

  async #look(key: DkimKey): Promise<void> {
    const { keys, resolver, log } = this.#context
    const { domain, selector, state } = key
    const { state: found, because } = readPublication(key, await resolver.txt(keyRecordName(key)))
    // What is known of a key at work stays until DNS says something else.
    if (found === 'unanswered' && state === 'active') return
    if (found !== 'seen') {
      if (state === 'active') log.warn('delivery.dkim.unpublished', { domain, selector, because })
      return await keys.noteChecked(key, because)
    }
    if (state !== 'waiting') return await keys.noteChecked(key, undefined)
    await faultPoint('delivery.dkim.seen')
    if (await keys.activate(key, watchActor))
      log.info('delivery.dkim.activated', { domain, selector })
    await faultPoint('delivery.dkim.activated')
  }

  async #equip(domain: string): Promise<void> {
    const { keys, log } = this.#context
    for (const { selector } of await keys.equip(domain, watchActor))
      log.info('delivery.dkim.created', { domain, selector })
  }
}

const watchActor: Actor = { via: 'delivery', user: '' }
