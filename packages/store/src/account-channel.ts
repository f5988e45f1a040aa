/**
 * The channel that tells sessions that their account, or a password of it, has changed. Payload: the account's id, or
 * `everyAccount`.
 */
export const accountChannel = 'posthouse_account'

/** Instead of an id: a domain was switched off, and many accounts with it. */
export const everyAccount = '*'
