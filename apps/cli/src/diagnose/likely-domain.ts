/** Where most people have their mail. */
const known = [
  'gmail.com',
  'googlemail.com',
  'outlook.com',
  'hotmail.com',
  'live.com',
  'yahoo.com',
  'icloud.com',
  'me.com',
  'aol.com',
  'proton.me',
  'protonmail.com',
  'gmx.de',
  'gmx.net',
  'web.de',
  't-online.de',
  'freenet.de',
  'orange.fr',
  'free.fr',
  'libero.it',
  'mail.ru',
  'yandex.ru',
  'qq.com',
  '163.com',
] as const

/** A well-known domain that differs from this one by a slip of the finger; undefined: none, or it is one itself. */
export function likelyDomain(domain: string): string | undefined {
  if (known.some((one) => one === domain)) return undefined
  return known.find((one) => isOneSlip(one, domain))
}

/** One letter too many, too few, or another; or two neighbours exchanged. */
function isOneSlip(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false
  let start = 0
  while (start < one.length && one[start] === other[start]) start += 1
  let end = 0
  const most = Math.min(one.length, other.length) - start
  while (end < most && one.at(-1 - end) === other.at(-1 - end)) end += 1
  const left = one.slice(start, one.length - end)
  const right = other.slice(start, other.length - end)
  const isExchanged = left.length === 2 && right === `${left[1] ?? ''}${left[0] ?? ''}`
  return isExchanged || Math.max(left.length, right.length) <= 1
}
