import type { FilterMessage } from '../filter-message.ts'
import type { StageResult } from '../stage.ts'
import { exchange } from './exchange.ts'
import { foreignFindings, foreignLimits, type ForeignLimits } from './foreign-findings.ts'
import { Gate } from './gate.ts'
import type { ScannerAddress } from './scanner-address.ts'
import { ScannerFailure } from './scanner-failure.ts'
import { probed, usualConnectMs, type ScannerOptions, type ScannerStage } from './scanner-stage.ts'
import { isPong, readSpamdReply, spamdTrouble, type SpamdReply } from './spamd-reply.ts'

/** How SpamAssassin's daemon is asked. */
export interface SpamdOptions extends ScannerOptions {
  readonly address: ScannerAddress
  readonly believed?: Partial<ForeignLimits>
  /** More is not sent. */
  readonly maxBytes?: number
  /** Whose preferences and Bayes database count there. */
  readonly user?: string
}

/** As spamc has it: SpamAssassin's time grows with the size. */
const usualMaxBytes = 500 * 1024
const mostAnswerBytes = 256 * 1024
/** Where SpamAssassin says spam, mail goes to Junk here: its threshold is our six points. */
const junkPoints = 6
/** Children of spamd, as it is shipped. */
const children = 5

/** Asks spamd what SpamAssassin makes of a message (SPAMC, REPORT). */
export function spamdStage(options: SpamdOptions): ScannerStage {
  const { deadlineMs = 30_000 } = options
  const gate = new Gate({ atOnce: children, deadlineMs, ...options.limits })
  const believed = { ...foreignLimits, ...options.believed }
  const { maxBytes = usualMaxBytes } = options
  return {
    name: 'spamd',
    directions: ['inbound', 'outbound'],
    deadlineMs,
    onFailure: options.onFailure,
    async examine(message, signal) {
      if (message.octets.length > maxBytes) return { findings: [] }
      return resultOf(await gate.pass(signal, () => report(options, message, signal)), believed)
    },
    health: () => gate.health(),
    probe: (signal) =>
      probed(async () => {
        const answer = await ask(options, [Buffer.from('PING SPAMC/1.2\r\n\r\n')], signal)
        if (!isPong(answer)) throw new ScannerFailure('something that is no spamd answers')
        return 'spamd answers'
      }),
  }
}

async function report(
  options: SpamdOptions,
  { octets }: FilterMessage,
  signal: AbortSignal,
): Promise<SpamdReply> {
  const { user } = options
  const head = [
    'REPORT SPAMC/1.5',
    `Content-length: ${octets.length}`,
    ...(user === undefined ? [] : [`User: ${user.replaceAll(/[^\w@.+-]/g, '_')}`]),
  ]
  const question = [Buffer.from(`${head.join('\r\n')}\r\n\r\n`), octets]
  const answer = await ask(options, question, signal)
  const reply = readSpamdReply(answer)
  if (reply === undefined) throw new ScannerFailure(`spamd says: ${spamdTrouble(answer)}`)
  return reply
}

/** Each side closes its half when it is done; the answer ends with the connection. */
function ask(
  { address, connectMs = usualConnectMs }: SpamdOptions,
  question: Iterable<Buffer>,
  signal: AbortSignal,
): Promise<Buffer> {
  return exchange({ address, question, endsWriting: true, mostAnswerBytes, connectMs }, signal)
}

function resultOf({ score, threshold, symbols }: SpamdReply, believed: ForeignLimits): StageResult {
  const scale = threshold > 0 ? junkPoints / threshold : 1
  const weight = believed.weight * scale
  const findings = foreignFindings(
    { prefix: 'SPAMD', total: score, symbols },
    { ...believed, weight },
  )
  return { findings }
}
