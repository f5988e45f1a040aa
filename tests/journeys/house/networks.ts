import { randomBytes, randomInt } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { findProgram, runProgram, type Ended, type RunOptions } from './run-program.ts'

/** A machine of its own as far as the network is concerned: an address, the loopback, all ports. */
export interface Machine {
  readonly address: string
  /** Runs a program there, as root. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Ended>
  /** The words before a command that runs there. */
  readonly prefix: readonly string[]
}

/** Machines on one wire, which see nothing of the world. */
export interface Network {
  readonly machines: readonly Machine[]
  stop(): Promise<void>
}

/** False if such a network can be made here, else why not. */
export async function noNetwork(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'network namespaces are root’s'
  if (findProgram('ip') === undefined) return 'ip is absent (iproute2)'
  const name = `ph${randomBytes(3).toString('hex')}`
  const { code, stderr } = await ip('netns', 'add', name)
  if (code !== 0) return `no network namespaces here: ${stderr.trim()}`
  await ip('netns', 'del', name)
  return false
}

/** Makes machines; the first one's resolver is every other's, too (`/etc/netns`). */
export async function startNetwork(count: number): Promise<Network> {
  const id = randomBytes(3).toString('hex')
  const subnet = `10.${randomInt(100, 250)}.${randomInt(0, 256)}`
  const names = Array.from({ length: count }, (_, i) => `ph${id}${i}`)
  const [hub = ''] = names
  const stop = async (): Promise<void> => {
    for (const name of names) {
      await ip('netns', 'del', name)
      await rm(`/etc/netns/${name}`, { recursive: true, force: true })
    }
  }
  try {
    for (const [i, name] of names.entries()) {
      await must('netns', 'add', name)
      await mkdir(`/etc/netns/${name}`, { recursive: true })
      await writeFile(`/etc/netns/${name}/resolv.conf`, `nameserver ${subnet}.1\n`)
      await must('-n', name, 'link', 'set', 'lo', 'up')
      if (i > 0) await wire(hub, name, `v${id}${i}`, `${subnet}.${i + 1}`)
    }
    await bridge(
      hub,
      `${subnet}.1`,
      names.slice(1).map((_, i) => `v${id}${i + 1}`),
    )
  } catch (error) {
    await stop()
    throw error
  }
  const machines = names.map((name, i): Machine => {
    const prefix = ['ip', 'netns', 'exec', name] as const
    return {
      address: `${subnet}.${i + 1}`,
      prefix,
      run: (program, args, options) =>
        runProgram(findProgram('ip') ?? 'ip', [...prefix.slice(1), program, ...args], options),
    }
  })
  return { machines, stop }
}

async function wire(hub: string, name: string, link: string, address: string): Promise<void> {
  await must(
    'link',
    'add',
    link,
    'netns',
    hub,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    name,
  )
  await must('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0')
  await must('-n', name, 'link', 'set', 'eth0', 'up')
}

async function bridge(hub: string, address: string, links: readonly string[]): Promise<void> {
  await must('-n', hub, 'link', 'add', 'br0', 'type', 'bridge')
  await must('-n', hub, 'address', 'add', `${address}/24`, 'dev', 'br0')
  await must('-n', hub, 'link', 'set', 'br0', 'up')
  for (const link of links) {
    await must('-n', hub, 'link', 'set', link, 'master', 'br0')
    await must('-n', hub, 'link', 'set', link, 'up')
  }
}

async function must(...words: readonly string[]): Promise<void> {
  const { code, stderr } = await ip(...words)
  if (code !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`)
}

function ip(...words: readonly string[]): Promise<Ended> {
  return runProgram(findProgram('ip') ?? 'ip', words, { limitMs: 20_000 })
}
