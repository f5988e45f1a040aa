/** What a status code means, for people (RFC 3463, RFC 5248, RFC 7505); undefined for what says nothing. */
export function meaning(status: string): string | undefined {
  return MEANINGS.get(status) ?? GENERAL.get(subjectDigit(status))
}

/** What to do about it. */
export function advice(status: string): string {
  return ADVICE.get(subjectDigit(status)) ?? 'Reach the recipient in another way.'
}

/** The second digit of the status code names what it is about (RFC 3463 §2). */
function subjectDigit(status: string): string {
  return status.split('.')[1] ?? ''
}

const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['5.1.1', 'There is no mailbox with this address.'],
  ['5.1.2', 'There is no domain of the name after the @.'],
  ['5.1.3', 'This is not a valid address.'],
  ['5.1.10', 'The domain says that it receives no mail at all.'],
  ['5.2.1', 'The mailbox is disabled and receives no mail.'],
  ['5.2.2', 'The mailbox is full.'],
  ['5.2.3', 'The message is larger than this mailbox accepts.'],
  ['5.3.4', 'The message is larger than the other server accepts.'],
  ['5.4.6', 'The mail for this address goes round in a circle between servers.'],
  ['5.4.7', 'The other server could not be reached, or kept putting us off, for too long.'],
  ['5.6.3', 'The message holds 8-bit text, which the other server does not accept.'],
  [
    '5.6.7',
    'An address or the header is written in Unicode, which the other server does not take.',
  ],
  ['5.7.1', 'The other server refuses this message by its own rules.'],
])

const GENERAL: ReadonlyMap<string, string> = new Map([
  ['1', 'Something is wrong with the address.'],
  ['2', 'The mailbox does not accept the message.'],
  ['3', 'The other mail system cannot take the message.'],
  ['4', 'The other server cannot be reached, or is not ready.'],
  ['6', 'The other server cannot handle this kind of content.'],
  ['7', 'The other server refuses the message by its own rules.'],
])

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['1', 'Check the spelling of the address, or ask the recipient for the right one.'],
  ['4', 'Check the spelling of the part after the @, or send it again later.'],
  ['6', 'Send it in another form, or reach the recipient in another way.'],
])
