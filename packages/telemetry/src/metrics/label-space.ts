/** A label whose values are known: they are listed. */
type ListedValues = readonly string[]

/** A label whose values are words of this installation's own, such as its certificates' names: never a stranger's. */
export interface OwnWords {
  /** What they are, for the documentation. */
  readonly words: string
  /** How many different ones are kept; the next is not. */
  readonly most: number
}

/** The labels of a metric, and the values that each may have. */
export type LabelSpec = Readonly<Record<string, ListedValues | OwnWords>>

/** A metric without labels. */
export type NoLabels = Readonly<Record<string, never>>

/** Labels as a caller gives them: a value that is not listed does not compile. */
export type LabelsOf<Spec extends LabelSpec> = {
  readonly [Name in keyof Spec]: Spec[Name] extends readonly (infer Value extends string)[]
    ? Value
    : string
}

interface Label {
  readonly name: string
  readonly places: Map<string, number>
  readonly size: number
  readonly isOpen: boolean
}

/** Numbers every combination of label values, so that what is counted stands in one typed array. */
export class LabelSpace {
  readonly #labels: readonly Label[]
  /** How many combinations there are. */
  readonly size: number

  constructor(spec: LabelSpec) {
    this.#labels = Object.entries(spec).map(([name, values]) => {
      const listed = 'words' in values ? [] : values
      const places = new Map(listed.map((value, place) => [value, place]))
      if (places.size < listed.length) throw new Error(`a value of ${name} is listed twice`)
      const isOpen = 'words' in values
      return { name, places, size: 'words' in values ? values.most : values.length, isOpen }
    })
    this.size = this.#labels.reduce((product, { size }) => product * size, 1)
  }

  /** The labels' names, in the order of the values of `valuesAt`. */
  get names(): readonly string[] {
    return this.#labels.map(({ name }) => name)
  }

  /** The number of a combination; -1 for one that was not declared. Makes nothing for the collector. */
  indexOf(labels: Readonly<Record<string, string>>): number {
    let index = 0
    for (const label of this.#labels) {
      const value = labels[label.name]
      const place =
        value === undefined ? undefined : (label.places.get(value) ?? learn(label, value))
      if (place === undefined) return -1
      index = index * label.size + place
    }
    return index
  }

  /** The values of a combination; nothing for one that no caller has named. */
  valuesAt(index: number): readonly string[] | undefined {
    const values: string[] = []
    let rest = index
    for (const { places, size } of this.#labels.toReversed()) {
      const value = [...places.keys()][rest % size]
      if (value === undefined) return undefined
      values.unshift(value)
      rest = Math.floor(rest / size)
    }
    return values
  }
}

function learn({ places, size, isOpen }: Label, value: string): number | undefined {
  if (!isOpen || places.size === size) return undefined
  places.set(value, places.size)
  return places.size - 1
}
