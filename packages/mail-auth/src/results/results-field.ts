import type {
  ArcVerdict,
  AuthenticationVerdict,
  DkimVerdict,
  DmarcVerdict,
  ReverseVerdict,
  SpfVerdict,
} from '../verdict.ts'
import { commentPieces, foldedField, mailboxValue, tokenOrQuoted } from './field-text.ts'

/** DKIM results that are written; there may be thousands of signatures. */
const maxWritten = 16

/**
 * The Authentication-Results field of a verdict (RFC 8601 §2.2): whole, folded, ASCII, ends in CRLF. Foreign text stands in it
 * only quoted or as a cleaned comment.
 */
export function authenticationResultsField(
  verdict: AuthenticationVerdict,
  authservId: string,
): string {
  const groups = [
    [tokenOrQuoted(authservId)],
    ...spfInfos(verdict),
    ...dkimInfos(verdict.dkim),
    dmarcInfo(verdict.dmarc),
    ...arcInfos(verdict.arc),
    reverseInfo(verdict.reverse, verdict.input.address),
  ]
  return foldedField('Authentication-Results', withSemicolons(groups))
}

/** A semicolon stands before every result: behind the last piece of what precedes it. */
function withSemicolons(groups: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return groups.map((group, at) =>
    at === groups.length - 1 ? group : [...group.slice(0, -1), `${group.at(-1) ?? ''};`],
  )
}

/** RFC 8601 §2.7.2: one result per identity; `smtp.mailfrom` is absent for the null sender. */
function spfInfos({ input, spf }: AuthenticationVerdict): readonly (readonly string[])[] {
  const helo = spfInfo(spf.helo, 'smtp.helo', tokenOrQuoted(input.helo))
  if (input.mailFrom === '') return [helo]
  const mailFrom = mailboxValue(input.mailFrom, spf.mailFrom.domain)
  return [spfInfo(spf.mailFrom, 'smtp.mailfrom', mailFrom), helo]
}

function spfInfo({ result, because }: SpfVerdict, name: string, value: string): readonly string[] {
  const words = result === 'none' ? [] : commentPieces(because)
  return [`spf=${result}`, ...words, ...property(name, value)]
}

function dkimInfos(verdicts: readonly DkimVerdict[]): readonly (readonly string[])[] {
  return verdicts.length === 0 ? [['dkim=none']] : verdicts.slice(0, maxWritten).map(dkimInfo)
}

/** `header.b` after RFC 6008, `header.a` and `header.s` after RFC 8601 §2.7.1. */
function dkimInfo(verdict: DkimVerdict): readonly string[] {
  const { result, because, keyBits, domain, identity, selector, algorithm, signature } = verdict
  const bits = keyBits === undefined ? '' : `${keyBits}-bit key`
  const words = result === 'pass' ? bits : because
  return [
    `dkim=${result}`,
    ...commentPieces(verdict.isTesting ? `${words}, testing` : words),
    ...property('header.d', tokenOrQuoted(domain)),
    ...(identity.startsWith('@') ? [] : property('header.i', mailboxValue(identity, domain))),
    ...property('header.s', tokenOrQuoted(selector)),
    ...property('header.a', tokenOrQuoted(algorithm)),
    ...property('header.b', tokenOrQuoted(signature)),
  ]
}

/** `policy.dmarc` is what the owner asks for once all of its tags are heard (RFC 9989 §9.1). */
function dmarcInfo({
  result,
  because,
  domain,
  policyDomain,
  policy,
}: DmarcVerdict): readonly string[] {
  const words = result === 'pass' || result === 'none' ? [] : commentPieces(because)
  return [
    `dmarc=${result}`,
    ...words,
    ...property('header.from', tokenOrQuoted(domain)),
    ...(policyDomain === undefined || result === 'temperror' ? [] : [`policy.dmarc=${policy}`]),
  ]
}

/** Where there is no chain there is nothing to say. */
function arcInfos({
  result,
  because,
  sealers,
  isTrusted,
}: ArcVerdict): readonly (readonly string[])[] {
  if (result === 'none') return []
  const chain = `${sealers.length} sealed, ${isTrusted ? 'trusted' : 'not trusted'}: ${because}`
  return [[`arc=${result}`, ...commentPieces(result === 'pass' ? chain : because)]]
}

/** RFC 8601 §2.7.3; an IPv6 address needs quotes. */
function reverseInfo({ result, name }: ReverseVerdict, address: string): readonly string[] {
  const words = name === undefined ? [] : commentPieces(name)
  return [`iprev=${result}`, ...words, ...property('policy.iprev', tokenOrQuoted(address))]
}

/** A property, unless its value is empty. */
function property(name: string, value: string): readonly string[] {
  return value === '' || value === '""' ? [] : [`${name}=${value}`]
}
