/** For what may pass. */
export const AGAIN = 'Send it again later; if it fails again, reach the recipient in another way.'

/** For an address that is not there. */
export const SPELLING = 'Check the spelling of the address, or ask the recipient for the right one.'

/** For a domain that is not there. */
export const DOMAIN =
  'Check the spelling of the part after the @, or reach the recipient in another way.'

/** For a mailbox that is closed. */
export const OTHER_WAY = 'Reach the recipient in another way.'

/** For what only the operator can mend. */
export const OUR_OPERATOR = 'Ask whoever runs your mail server for help, and show them this report.'
