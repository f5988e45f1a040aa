import { randomInt } from 'node:crypto'
import { AUTHENTIC_DATA, CHECKING_DISABLED, DNSSEC_OK, encode, RECURSION_DESIRED } from 'dns-packet'

/** Record types that are asked for. */
export type QuestionType =
  | 'A'
  | 'AAAA'
  | 'MX'
  | 'TXT'
  | 'CNAME'
  | 'PTR'
  | 'TLSA'
  | 'SRV'
  | 'SOA'
  | 'NS'

/** What is asked; the name is plain (lower case, no final dot). */
export interface Question {
  readonly name: string
  readonly type: QuestionType
}

/** A question on its way: the id is what tells its reply from others. */
export interface Query {
  readonly id: number
  readonly question: Question
  readonly octets: Buffer
}

/** How a question is put. */
export interface QueryOptions {
  /** With EDNS(0) (RFC 6891) and DO; without for servers that do not know it. */
  readonly edns: boolean
  /** CD (RFC 4035 §3.2.2): show what does not validate, too. */
  readonly checkingDisabled: boolean
}

/** What reaches everybody without fragments, which can be forged (RFC 9715 §3.1 R3 asks for at most 1400; 1232 fits any IPv6 path). */
const udpPayloadSize = 1232

/** AD in a query asks for AD in the reply (RFC 6840 §5.7). */
export function buildQuery(question: Question, options: QueryOptions): Query {
  const id = randomInt(0x1_0000)
  const octets = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED | AUTHENTIC_DATA | (options.checkingDisabled ? CHECKING_DISABLED : 0),
    questions: [
      { name: question.name === '' ? '.' : question.name, type: question.type, class: 'IN' },
    ],
    additionals: options.edns
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: DNSSEC_OK,
            flag_do: true,
            options: [],
          },
        ]
      : [],
  })
  return { id, question, octets }
}
