import type { Forecast } from '@posthouse/delivery'
import { reaches } from '../outbound-port.ts'
import { mostHops, well, type Step } from './stage.ts'

/** The way through a relay: the recipient's own hosts are the relay's affair. */
export async function* relayWay(
  recipient: string,
  relay: NonNullable<Forecast['relay']>,
  { route, hops }: Forecast,
): AsyncGenerator<Step> {
  const name = `The relay ${relay.host} (rule "${relay.rule}")`
  const next = `posthouse route test ${recipient}`
  if (relay.problem !== undefined) {
    yield { state: 'found', text: `${name} cannot be used: ${relay.problem}`, next }
    return
  }
  if (route.kind !== 'hops') {
    yield { state: 'found', text: `${name} cannot be found: ${route.reply.text}`, next }
    return
  }
  const failures: string[] = []
  for (const { address, port } of hops.slice(0, mostHops)) {
    const failure = await reaches(address, port).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    if (failure === undefined) {
      yield well(`${name} [${address}] answers on port ${port}`)
      return
    }
    failures.push(`[${address}] port ${port}: ${failure}`)
  }
  const text = `${name} cannot be reached: ${failures.join('; ')}`
  yield { state: 'found', text, why: 'All mail that goes this way waits.', next }
}
