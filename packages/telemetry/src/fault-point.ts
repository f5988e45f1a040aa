/** What happens when execution comes by a named point. */
type Action = 'kill' | 'hang' | 'throw'

interface Fault {
  readonly action: Action
  /** How many passes go by before it strikes. */
  skip: number
}

/** Undefined when nothing is configured, so that a point costs one comparison. */
let faults: Map<string, Fault> | undefined

/** Thrown at a point whose action is `throw`. */
export class InjectedFault extends Error {
  constructor(point: string) {
    super(`injected fault at ${point}`)
    this.name = 'InjectedFault'
  }
}

/**
 * Switches points on: `name=action[:n]`, comma-separated; action is `kill` (SIGKILL to this
 * process), `hang` (never goes on) or `throw`; it strikes on the n-th pass and every later one
 * (default 1). An empty or absent text switches all of them off. For tests only.
 *
 * @throws RangeError for a text of another shape.
 */
export function configureFaultPoints(text: string | undefined): void {
  const entries = (text ?? '').split(',').filter((entry) => entry !== '')
  faults = entries.length === 0 ? undefined : new Map(entries.map(parseFault))
}

/**
 * A named place where a test can break things: before and after commits, before replies. Nothing
 * happens unless it is configured. Await it where the code is asynchronous; `kill` and `throw`
 * also work where it is not awaited.
 */
export function faultPoint(name: string): void | Promise<void> {
  if (faults === undefined) return
  const fault = faults.get(name)
  if (fault === undefined || fault.skip-- > 0) return
  fault.skip = 0
  return strike(name, fault.action)
}

function strike(name: string, action: Action): void | Promise<void> {
  switch (action) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL')
      return new Promise(() => undefined)
    case 'hang':
      return new Promise(() => undefined)
    case 'throw':
      throw new InjectedFault(name)
  }
}

function parseFault(entry: string): [string, Fault] {
  const match = /^([\w.-]+)=(kill|hang|throw)(?::(\d{1,9}))?$/.exec(entry)
  const [, name, action, nth] = match ?? []
  if (name === undefined || (action !== 'kill' && action !== 'hang' && action !== 'throw')) {
    throw new RangeError(`"${entry}" is not a fault point; write name=kill|hang|throw[:n]`)
  }
  return [name, { action, skip: Math.max(1, Number(nth ?? 1)) - 1 }]
}
