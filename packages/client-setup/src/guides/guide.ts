/** A field of a dialog, by its own label, and what belongs in it. */
export interface GuideField {
  readonly label: string
  readonly value: string
  /** Something to type or to copy, not to choose. */
  readonly isText?: boolean
}

/** Fields that stand together in a dialog. */
export interface GuideGroup {
  readonly title: string
  readonly fields: readonly GuideField[]
}

/** How one program is set up. */
export interface Guide {
  /** Stable: the command line and links take it. */
  readonly id: string
  /** What the program is called. */
  readonly name: string
  /** What kind of device it is on. */
  readonly where: string
  /** What to do, before fields must be filled in by hand. */
  readonly steps: readonly string[]
  /** The dialog for filling in by hand. */
  readonly groups: readonly GuideGroup[]
  /** A word of warning, or of comfort. */
  readonly note?: string
}

/** Something to type. */
export function typed(label: string, value: string | number): GuideField {
  return { label, value: String(value), isText: true }
}

/** Something to choose. */
export function chosen(label: string, value: string): GuideField {
  return { label, value }
}
