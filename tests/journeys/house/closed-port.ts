import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { findProgram, runProgram, type Ended } from './run-program.ts'

/** A machine whose hosting company closes port 25: names are answered, every other port can be reached. */
export interface ClosedPort {
  /** Runs a program there. */
  run(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<Ended>
  /** Its resolver, `127.0.0.1:port` as seen from there. */
  readonly resolver: string
  /** Opens the port. */
  open(): Promise<void>
  stop(): Promise<void>
}

/** What is outside: DNS, and a mail server on port 25. */
const outside = fileURLToPath(new URL('closed-port-outside.ts', import.meta.url))

/** The rule by which the port is closed, before all others; our own addresses are looked up after it. */
const rule = ['pref', '50', 'ipproto', 'tcp', 'dport', '25', 'blackhole'] as const

/** Makes a network of its own, with a world in it. Root's; see `noNetwork`. */
export async function startClosedPort(): Promise<ClosedPort> {
  const name = `ph${randomBytes(3).toString('hex')}`
  await ip('netns', 'add', name)
  const remove = (): Promise<void> => ip('netns', 'del', name)
  try {
    const world = await startWorld(name)
    await ip('-n', name, 'rule', 'add', ...rule)
    return {
      resolver: world.resolver,
      run: (program, args, env) =>
        runProgram(findProgram('ip') ?? 'ip', ['netns', 'exec', name, program, ...args], { env }),
      open: () => ip('-n', name, 'rule', 'del', ...rule),
      async stop() {
        await world.stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

interface World {
  readonly resolver: string
  readonly stop: () => Promise<void>
}

async function startWorld(name: string): Promise<World> {
  await ip('-n', name, 'link', 'set', 'lo', 'up')
  await ip('-n', name, 'address', 'add', '198.51.100.25/32', 'dev', 'lo')
  await ip('-n', name, 'rule', 'add', 'pref', '100', 'lookup', 'local')
  await ip('-n', name, 'rule', 'del', 'pref', '0')
  const node = [process.execPath, '--conditions=@posthouse/source', outside]
  const child = spawn(findProgram('ip') ?? 'ip', ['netns', 'exec', name, ...node], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const said = once(child.stdout.setEncoding('utf8'), 'data') as Promise<[string]>
  const first = await Promise.race([said, ended.then(() => undefined)])
  if (first === undefined) throw new Error('the world outside did not start')
  const stop = async (): Promise<void> => {
    child.stdin.end()
    await ended
  }
  return { resolver: first[0].trim(), stop }
}

async function ip(...words: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(findProgram('ip') ?? 'ip', words, { limitMs: 20_000 })
  if (code !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`)
}
