/** A configuration that cannot be used: what is wrong, and what to do about it. */
export class ConfigError extends Error {
  /** What to do, in one sentence. */
  readonly hint: string

  constructor(text: string, hint: string) {
    super(text)
    this.name = 'ConfigError'
    this.hint = hint
  }
}
