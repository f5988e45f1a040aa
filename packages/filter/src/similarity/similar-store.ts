/** How often sketches of messages came, by hours since 1970; by the store. */
export interface SimilarStore {
  /** Since that hour, each sketch's sum. Those that never came are absent. */
  since(
    sketches: readonly number[],
    hour: number,
  ): Promise<ReadonlyMap<number, { readonly seen: number; readonly spam: number }>>
  add(notes: readonly SimilarNote[], hour: number): Promise<void>
}

/** What is to be added to a sketch's counts. */
export interface SimilarNote {
  readonly sketch: number
  readonly seen: number
  readonly spam: number
}
