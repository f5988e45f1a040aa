/** The channel that tells sessions that their account, or a password of it, has changed. Payload: the account's id. */
export const accountChannel = 'posthouse_account'
