import { reverseName, type Answer, type MxRecord, type Resolver } from '@posthouse/dns'
import type { Evidence } from './verdict.ts'
import { toZoneText } from './zone-text.ts'

/** The questions that one check may ask. Beyond its number every answer is a temporary failure. */
export interface Asker {
  a(name: string): Promise<Answer<string>>
  aaaa(name: string): Promise<Answer<string>>
  mx(name: string): Promise<Answer<MxRecord>>
  txt(name: string): Promise<Answer<string>>
  cname(name: string): Promise<Answer<string>>
  ptr(address: string): Promise<Answer<string>>
}

/**
 * The questions of one message: each is asked once however many checks want it, and kept as evidence. When the time is up, or
 * the signal comes, what is not answered is a temporary failure, and so is everything asked later.
 */
export class Questions {
  readonly #resolver: Resolver
  readonly #asked = new Map<string, Promise<Answer<unknown>>>()
  readonly #evidence: Evidence[] = []
  readonly #end: Promise<Answer<never>>
  #stop: () => void = () => {}

  constructor(resolver: Resolver, timeoutMs: number, signal?: AbortSignal) {
    this.#resolver = resolver
    this.#end = new Promise((resolve) => {
      const timer = setTimeout(() => resolve(outOfTime), timeoutMs)
      const abort = () => resolve(outOfTime)
      if (signal?.aborted === true) abort()
      signal?.addEventListener('abort', abort, { once: true })
      this.#stop = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        resolve(outOfTime)
      }
    })
  }

  /** What was asked, in the order of the answers. */
  get evidence(): readonly Evidence[] {
    return this.#evidence
  }

  /** No more questions. */
  close(): void {
    this.#stop()
  }

  /** Questions of one check, at most so many; questions that others asked count too, so that a verdict can be repeated. */
  budget(maxQuestions: number): Asker {
    let left = maxQuestions
    const ask = <T>(
      type: Evidence['type'],
      name: string,
      look: () => Promise<Answer<T>>,
      show: (record: T) => string,
    ) => {
      if (left <= 0) return Promise.resolve<Answer<T>>(outOfQuestions)
      left -= 1
      return this.#once(type, name.toLowerCase().replace(/\.$/, ''), look, show)
    }
    const from = this.#resolver
    return {
      a: (name) => ask('A', name, () => from.a(name), toZoneText),
      aaaa: (name) => ask('AAAA', name, () => from.aaaa(name), toZoneText),
      mx: (name) => ask('MX', name, () => from.mx(name), showMx),
      txt: (name) => ask('TXT', name, () => from.txt(name), showText),
      cname: (name) => ask('CNAME', name, () => from.cname(name), showName),
      ptr: (address) => ask('PTR', reverseName(address), () => from.ptr(address), showName),
    }
  }

  #once<T>(
    type: Evidence['type'],
    name: string,
    look: () => Promise<Answer<T>>,
    show: (record: T) => string,
  ): Promise<Answer<T>> {
    const key = `${type} ${name}`
    const there = this.#asked.get(key)
    // One key always has answers of one type.
    if (there !== undefined) return there as Promise<Answer<T>>
    const answer = Promise.race([settled(look), this.#end]).then((found) => {
      this.#evidence.push(evidenceOf(type, toZoneText(name), found, show))
      return found
    })
    this.#asked.set(key, answer)
    return answer
  }
}

const outOfTime: Answer<never> = { kind: 'temporary', because: 'no time left for this message' }
const outOfQuestions: Answer<never> = {
  kind: 'temporary',
  because: 'no questions left for this check',
}

/** Resolvers never reject; should one, it is a failure for now and no more. */
async function settled<T>(look: () => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await look()
  } catch (error) {
    return { kind: 'temporary', because: error instanceof Error ? error.message : String(error) }
  }
}

function evidenceOf<T>(
  type: Evidence['type'],
  name: string,
  answer: Answer<T>,
  show: (record: T) => string,
): Evidence {
  const records = answer.kind === 'records' ? answer.records.map(show) : []
  const standing =
    answer.kind === 'temporary'
      ? { isSecure: false }
      : { ttlSeconds: answer.ttlSeconds, isSecure: answer.isSecure }
  return { name, type, kind: answer.kind, records, ...standing }
}

function showMx({ preference, exchange }: MxRecord): string {
  return `${preference} ${toZoneText(exchange)}.`
}

function showName(name: string): string {
  return `${toZoneText(name)}.`
}

/** `<character-string>` of a zone file (RFC 1035 §5.1). */
function showText(text: string): string {
  return `"${toZoneText(text)}"`
}
