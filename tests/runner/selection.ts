import { glob } from 'node:fs/promises'

/** The test files of a run, in its two phases. */
export interface Selection {
  /** Light files, several at a time. */
  readonly together: readonly string[]
  /** Files that start whole suites or use the machine for themselves, one after another. */
  readonly alone: readonly string[]
}

const patterns = ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tests/**/*.test.ts']
const heavy = /^tests\/(journeys|faults|interop|bench|stress)\//
const long = /\.long\.test\.ts$/

/**
 * Finds the test files whose path contains one of these words (all of them without words). Files named
 * `x.long.test.ts` belong to `npm run test:long` alone.
 */
export async function selectFiles(words: readonly string[], isLong: boolean): Promise<Selection> {
  const files: string[] = []
  for await (const file of glob(patterns)) {
    const isWanted = words.length === 0 || words.some((word) => file.includes(word))
    if (isWanted && (isLong || !long.test(file))) files.push(file)
  }
  files.sort()
  return {
    together: files.filter((file) => !heavy.test(file) && !isLong),
    alone: files.filter((file) => heavy.test(file) || isLong),
  }
}

/** True for files that use programs of Debian: journeys, and the store's run on Debian's Postgres. */
export function needsPrograms(file: string): boolean {
  return heavy.test(file) || file.startsWith('packages/store/')
}
