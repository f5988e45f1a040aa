import type { Measure, MeasureCase } from '../measure.ts'
import { PosthouseSide } from '../sides/posthouse.ts'
import { smtpIn10k } from './smtp-in.ts'

/**
 * What the trace costs: `smtp-in-10k` with it and without, in turn. Without it neither the events of a message nor the filter's
 * verdict are written; everything else is as it is. The CPU milliseconds per message are what counts.
 */
export const traceCost: Measure = {
  ...smtpIn10k,
  name: 'trace-cost',
  peers: (posthouse) => (posthouse instanceof PosthouseSide ? [posthouse.withoutTrace()] : []),
  cases: (scale) =>
    smtpIn10k.cases(scale).map((each): MeasureCase => {
      return { ...each, name: each.name.replace(smtpIn10k.name, 'trace-cost') }
    }),
}
