import { readFile, writeFile } from 'node:fs/promises'

/** Notes of what a side's folder holds already, so that the next run builds only what is missing. */
export class Marks {
  readonly #file: string
  #known: Record<string, string> | undefined

  constructor(file: string) {
    this.#file = file
  }

  async has(name: string, value: unknown): Promise<boolean> {
    return (await this.#read())[name] === JSON.stringify(value)
  }

  async set(name: string, value: unknown): Promise<void> {
    const known = { ...(await this.#read()), [name]: JSON.stringify(value) }
    this.#known = known
    await writeFile(this.#file, `${JSON.stringify(known, null, 2)}\n`)
  }

  async #read(): Promise<Record<string, string>> {
    if (this.#known !== undefined) return this.#known
    const text = await readFile(this.#file, 'utf8').catch(() => '{}')
    const parsed: unknown = JSON.parse(text)
    this.#known = Object.fromEntries(
      Object.entries(parsed ?? {}).map(([name, value]) => [name, String(value)]),
    )
    return this.#known
  }
}
