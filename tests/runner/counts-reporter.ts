/** One event of `node:test`, as far as it is read here. */
interface TestEvent {
  readonly type: string
  readonly data?: {
    readonly name?: string
    readonly skip?: string | boolean
    readonly todo?: string | boolean
    readonly counts?: Readonly<Record<string, number>>
  }
}

/** What one test file came to. */
export interface FileCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** `NAME: REASON` of each test that was skipped. */
  readonly skips: readonly string[]
}

/** A reporter of `node:test` that writes one line of JSON, {@link FileCounts}, when the file is done. */
// oxlint-disable-next-line import/no-default-export -- node:test takes the default export
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skips: string[] = []
  for await (const { type, data } of source) {
    const skip = data?.skip ?? data?.todo
    if (type === 'test:pass' && skip !== undefined)
      skips.push(`${data?.name ?? ''}: ${typeof skip === 'string' ? skip : 'no reason given'}`)
    if (type === 'test:summary' && data?.counts !== undefined)
      yield `${JSON.stringify(summed(data.counts, skips))}\n`
  }
}

function summed(counts: Readonly<Record<string, number>>, skips: readonly string[]): FileCounts {
  const of = (name: string): number => counts[name] ?? 0
  return {
    passed: of('passed'),
    failed: of('failed') + of('cancelled'),
    skipped: of('skipped') + of('todo'),
    skips,
  }
}
