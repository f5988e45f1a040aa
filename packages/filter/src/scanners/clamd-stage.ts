import type { FilterMessage } from '../filter-message.ts'
import type { StageResult } from '../stage.ts'
import { askVersion, scanStream } from './clamd-client.ts'
import type { ClamdReply } from './clamd-reply.ts'
import { Gate } from './gate.ts'
import type { ScannerAddress } from './scanner-address.ts'
import { ScannerFailure } from './scanner-failure.ts'
import { probed, usualConnectMs, type ScannerOptions, type ScannerStage } from './scanner-stage.ts'

/** How clamd is asked. */
export interface ClamdOptions extends ScannerOptions {
  readonly address: ScannerAddress
  /** More is not sent: clamd's StreamMaxLength. */
  readonly maxBytes?: number
  /** Whether mail that is too large counts as a failure, or is noted and goes on. */
  readonly tooLarge?: 'fail' | 'note'
}

/** StreamMaxLength as clamd is shipped. */
const usualMaxBytes = 25 * 1024 * 1024

/** Signatures that say "suspicious" and are wrong at times: points, not a virus. */
const suspicions: readonly (readonly [prefix: string, points: number])[] = [
  ['Heuristics.', 3],
  ['PUA.', 2],
]

/** Asks clamd whether a message has a virus (INSTREAM). */
export function clamdStage(options: ClamdOptions): ScannerStage {
  const { address, connectMs = usualConnectMs, maxBytes = usualMaxBytes } = options
  const { deadlineMs = 30_000 } = options
  const gate = new Gate({ deadlineMs, ...options.limits })
  const scan = async (message: FilterMessage, signal: AbortSignal): Promise<StageResult> => {
    const { octets } = message
    if (octets.length > maxBytes) return tooLarge(options, octets.length)
    const reply = await gate.pass(signal, async () => {
      const said = await scanStream(address, octets, connectMs, signal)
      if (said.kind === 'error') throw new ScannerFailure(`clamd says: ${said.text}`)
      return said
    })
    return resultOf(reply, options, octets.length)
  }
  return {
    name: 'clamd',
    directions: ['inbound', 'outbound'],
    deadlineMs,
    onFailure: options.onFailure,
    examine: scan,
    health: () => gate.health(),
    probe: (signal) => probed(() => askVersion(address, connectMs, signal)),
  }
}

function resultOf(reply: ClamdReply, options: ClamdOptions, size: number): StageResult {
  if (reply.kind === 'too-large') return tooLarge(options, size)
  if (reply.kind !== 'found') return { findings: [] }
  const { name } = reply
  const suspicion = suspicions.find(([prefix]) => name.startsWith(prefix))
  if (suspicion !== undefined) {
    const [, points] = suspicion
    return { findings: [{ symbol: 'CLAMD_SUSPICION', points, reason: `clamd suspects ${name}` }] }
  }
  const symbol = 'CLAMD_VIRUS'
  const text = `This message contains a virus (${name}). Clean your computer before you send it again.`
  return {
    findings: [{ symbol, points: 100, reason: `clamd found ${name}` }],
    ruling: { kind: 'virus', symbol, text },
  }
}

/** Mail that would wait until clamd takes it would wait for ever: it is noted, unless the operator wants it otherwise. */
function tooLarge({ tooLarge: way = 'note' }: ClamdOptions, size: number): StageResult {
  const reason = `${size} octets are more than clamd takes`
  if (way === 'fail') throw new ScannerFailure(reason, { isItsFault: false })
  return { findings: [{ symbol: 'CLAMD_TOO_LARGE', points: 0, reason: `not scanned: ${reason}` }] }
}
