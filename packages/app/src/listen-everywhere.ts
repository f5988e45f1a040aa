import { portVariable, type Config, type PortName } from '@posthouse/config'
import { ListenError } from '@posthouse/line-server'
import type { Log } from '@posthouse/telemetry'
import type { OpenPort } from './app.ts'

/** One of an app's ports. */
export interface PortPlan {
  readonly name: PortName
  /** TLS from the first octet. */
  readonly tls: boolean
}

/** Something that listens and can be told to stop. */
interface Closable {
  readonly port: number
  close(drainMs: number): Promise<void>
}

/**
 * Opens each port on each address of the configuration, by `open` (a line server, an SMTP server
 * …). An IPv6 address that this machine does not have is passed over, with a line in the log, as
 * long as another address is there. On failure everything is closed again.
 *
 * @throws ListenError whose message names the port, and the variable that moves it.
 */
export async function listenEverywhere<L extends Closable>(
  plans: readonly PortPlan[],
  config: Config,
  log: Log,
  open: (plan: PortPlan, host: string, port: number) => Promise<L>,
): Promise<{ readonly opened: readonly L[]; readonly ports: readonly OpenPort[] }> {
  const opened: L[] = []
  const ports: OpenPort[] = []
  try {
    for (const plan of plans) {
      const before = opened.length
      for (const host of hostsOf(config.bind)) {
        const listener = await openOne(plan, host, config, log, open, opened.length > before)
        if (listener === undefined) continue
        opened.push(listener)
        ports.push({ name: plan.name, host, port: listener.port, tls: plan.tls })
      }
    }
  } catch (error) {
    await Promise.all(opened.map((listener) => listener.close(0)))
    throw error
  }
  return { opened, ports }
}

/** `::` takes IPv4 connections too, so that `0.0.0.0` beside it would find the port taken. */
function hostsOf(bind: readonly string[]): readonly string[] {
  return bind.includes('::') ? bind.filter((host) => host !== '0.0.0.0') : bind
}

async function openOne<L>(
  plan: PortPlan,
  host: string,
  config: Config,
  log: Log,
  open: (plan: PortPlan, host: string, port: number) => Promise<L>,
  others: boolean,
): Promise<L | undefined> {
  const port = config.ports[plan.name]
  try {
    return await open(plan, host, port)
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    if (others && host.includes(':') && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code)) {
      log.warn('listen.address.absent', { host, port, code })
      return undefined
    }
    throw explain(host, port, code, plan.name)
  }
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

function explain(host: string, port: number, code: string, name: PortName): ListenError {
  const error = new ListenError(host, port, code)
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program is listening there',
    EACCES: 'this user may not open ports below 1024',
    EADDRNOTAVAIL: 'this machine does not have that address',
  }
  const reason = reasons[code] ?? code
  error.message =
    `cannot listen on ${host} port ${port} for ${name}: ${reason}. ` +
    `Choose another port with ${portVariable(name)} or ports.${name}, or another address with POSTHOUSE_BIND.`
  return error
}
