import { foreignText } from './foreign-text.ts'
import { authenticationLimits } from './limits.ts'
import type { Questions } from './questions.ts'
import { addressOctets, isSameAddress } from './spf/network.ts'
import type { ReverseVerdict } from './verdict.ts'

/** Names of one address that are tried. */
const maxNames = 10

/** Whether the client's address has a name that leads back to it (RFC 8601 §3: `iprev`). */
export async function checkReverse(address: string, questions: Questions): Promise<ReverseVerdict> {
  const octets = addressOctets(address)
  if (octets === undefined) return { result: 'permerror', because: 'no address' }
  const asker = questions.budget(authenticationLimits.reverseQuestions)
  const answer = await asker.ptr(address)
  if (answer.kind === 'temporary')
    return { result: 'temperror', because: `its name is not answered: ${answer.because}` }
  const records = answer.kind === 'records' ? answer.records.slice(0, maxNames) : []
  const names = records.map((name) => foreignText(name, 253))
  const [first] = names
  if (first === undefined) return { result: 'permerror', because: 'the address has no name' }
  let failure: string | undefined
  for (const name of names) {
    const forward = await (octets.length === 4 ? asker.a(name) : asker.aaaa(name))
    if (forward.kind === 'temporary') failure ??= `${name} is not answered: ${forward.because}`
    if (forward.kind !== 'records') continue
    if (forward.records.some((each) => isSameAddress(each, address)))
      return { result: 'pass', name, because: `${name} leads back to it` }
  }
  if (failure !== undefined) return { result: 'temperror', name: first, because: failure }
  return { result: 'fail', name: first, because: `${first} does not lead back to it` }
}
