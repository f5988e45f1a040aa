/** Longest wait for a page. */
export const pageMs = 120_000

/** Parameters of a page, or fields of a form. */
export type Fields = Readonly<Record<string, string>>

/** As much of a browser as a web mail program needs: it keeps cookies, and follows where it is sent. */
export class Browser {
  readonly #base: string
  readonly #headers: () => Fields
  readonly #cookies = new Map<string, string>()

  /** @param headers what goes with every request, as of its moment */
  constructor(base: string, headers: () => Fields) {
    this.#base = base
    this.#headers = headers
  }

  page(query: Fields): Promise<string> {
    return this.#fetch(`?${String(new URLSearchParams(query))}`, undefined)
  }

  post(query: Fields, fields: Fields): Promise<string> {
    return this.#fetch(`?${String(new URLSearchParams(query))}`, new URLSearchParams(fields))
  }

  /** Follows redirections itself: cookies come with them. */
  async #fetch(where: string, body: URLSearchParams | undefined): Promise<string> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(new URL(where, this.#base), {
      redirect: 'manual',
      signal: AbortSignal.timeout(pageMs),
      headers: { cookie, ...this.#headers() },
      ...(body === undefined ? {} : { method: 'POST', body }),
    })
    for (const line of answer.headers.getSetCookie()) this.#keep(line)
    const next = answer.headers.get('location')
    if (next !== null && answer.status >= 300 && answer.status < 400) {
      return this.#fetch(next, undefined)
    }
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${where}: ${answer.status} ${text.slice(0, 500)}`)
    return text
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    this.#cookies.set(name, value)
  }
}
