import { addressDomain, domainName } from '../domain-name.ts'
import type { Field } from '../message-view.ts'
import { readResults, type ResultInfo } from '../results/results-reader.ts'
import type { ArcVerdict, DkimResult, DmarcResult, SpfResult } from '../verdict.ts'

const dkimResults: readonly DkimResult[] = [
  'none',
  'pass',
  'fail',
  'policy',
  'neutral',
  'temperror',
  'permerror',
]
const spfResults: readonly SpfResult[] = [
  'none',
  'neutral',
  'pass',
  'fail',
  'softfail',
  'temperror',
  'permerror',
]
const dmarcResults: readonly DmarcResult[] = ['none', 'pass', 'fail', 'temperror', 'permerror']

/** DKIM results of a sealer that are kept. */
const maxSealedSignatures = 16

/** What a sealer saw, out of its ARC-Authentication-Results (RFC 8617 §4.1.1: `i=`, then as in RFC 8601 §2.2). */
export function readSealed(sealer: string, field: Field): ArcVerdict['sealed'] {
  const payload = readResults(field.value.slice(field.value.indexOf(';') + 1))
  if (payload === undefined) return undefined
  const resultOf = <T extends string>(method: string, known: readonly T[]): T | undefined => {
    const found = payload.results.find((info) => info.method === method)
    return known.find((each) => each === found?.result)
  }
  const dmarc = resultOf('dmarc', dmarcResults)
  const spf = resultOf('spf', spfResults)
  const dkim = payload.results
    .filter(({ method }) => method === 'dkim')
    .slice(0, maxSealedSignatures)
    .flatMap(dkimOf)
  return {
    sealer,
    dkim,
    ...(dmarc === undefined ? {} : { dmarc }),
    ...(spf === undefined ? {} : { spf }),
  }
}

/** The domain is `header.d`, or that of `header.i`. */
function dkimOf({ result, properties }: ResultInfo) {
  const known = dkimResults.find((each) => each === result)
  const domain =
    domainName(properties.get('header.d') ?? '') ?? addressDomain(properties.get('header.i') ?? '')
  return known === undefined ? [] : [{ result: known, domain: domain ?? '' }]
}
