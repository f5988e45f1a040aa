/** Every number that a search is held to, each with its reason. */
export const limits = {
  /** Messages that are decided between two turns of others. */
  block: 512,
  /** Messages whose bodies are read at a time. */
  bodies: 32,
  /** Undecided messages of a block that make a search ask the index: a few are read sooner than it. */
  indexed: 8,
  /** Texts of one program that the index is asked about: 2 MB of answers, and a tenth of a second for a segment. */
  terms: 32,
} as const
