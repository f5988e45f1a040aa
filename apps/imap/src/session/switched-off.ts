import { withDependents, type ImapConfig } from '@posthouse/config'

/**
 * The extensions that one session does without: those that are switched off in this installation, for this account, or for
 * clients of this name and version (RFC 2971 §3.3: what a client says of itself decides nothing but this).
 */
export class SwitchedOff {
  readonly #config: ImapConfig
  #account: readonly string[] = []
  #client: readonly string[] = []
  #names: ReadonlySet<string>

  constructor(config: ImapConfig) {
    this.#config = config
    this.#names = withDependents(config.without)
  }

  /** By capability, with those that stand on others that are off. */
  get names(): ReadonlySet<string> {
    return this.#names
  }

  /** Somebody has signed in, to whose account this applies. */
  forAccount(without: readonly string[]): void {
    this.#account = without
    this.#add()
  }

  /** A client has said what it is: all rules hold that name it. True where that has changed anything. */
  forClient(fields: ReadonlyMap<string, string | null>): boolean {
    const name = fields.get('name')?.toLowerCase()
    const version = fields.get('version') ?? ''
    const before = [...this.#names].join(' ')
    this.#client = this.#config.clients
      .filter((rule) => rule.name.toLowerCase() === name && isVersion(version, rule.version))
      .flatMap((rule) => rule.without)
    this.#add()
    return [...this.#names].join(' ') !== before
  }

  #add(): void {
    this.#names = withDependents([...this.#config.without, ...this.#account, ...this.#client])
  }
}

/** `16` stands for 16, 16.1 and 16b, not for 160. */
function isVersion(version: string, wanted: string | undefined): boolean {
  if (wanted === undefined || version === wanted) return true
  return version.startsWith(wanted) && !/^[0-9]/.test(version.slice(wanted.length))
}
