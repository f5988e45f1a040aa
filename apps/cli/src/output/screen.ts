/** Moves to the top, and clears what is below: without a flash, which clearing first would make. */
const home = '\u001b[H'
const clearLine = '\u001b[K'
const clearBelow = '\u001b[J'
const clearAll = '\u001b[2J'

/** For a terminal that does not say how high it is. */
const unknownRows = 50

/** What is used of a terminal; one without a size says 0, or nothing. */
type Drawable = Pick<NodeJS.WriteStream, 'write'> & { readonly rows?: number | undefined }

/** A terminal whose content is drawn again and again, from its top. */
export class Screen {
  readonly #stream: Drawable
  #isDrawn = false

  constructor(stream: Drawable = process.stdout) {
    this.#stream = stream
  }

  /** Shows these lines instead of what was there; as many as there is room for. */
  draw(text: string): void {
    const { rows = 0 } = this.#stream
    const lines = text.split('\n').slice(0, rows > 1 ? rows - 1 : unknownRows)
    const start = this.#isDrawn ? home : `${clearAll}${home}`
    this.#isDrawn = true
    const drawn = lines.map((line) => `${line}${clearLine}\n`).join('')
    this.#stream.write(`${start}${drawn}${clearBelow}`)
  }
}
