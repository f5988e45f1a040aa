import type { SignInResult } from '@posthouse/store'

/** What became of an attempt to sign in, in words: for the operator, who may know what a stranger is not told. */
export const signInWords: Readonly<Record<SignInResult, string>> = {
  ok: 'signed in',
  name: 'there is no such account',
  password: 'wrong password',
  'app-password':
    'a password of the shape of an app password that is none of this account’s: revoked, or mistyped',
  expired: 'the app password has expired',
  protocol: 'the app password is not for this protocol',
  disabled: 'right password, but the account is disabled',
  'domain-disabled': 'right password, but its domain is disabled',
  'throttled-login': 'not looked at: too many failures of this login from this client',
  'throttled-network': 'not looked at: too many failures from this network',
  'throttled-banned': 'not looked at: this network is banned',
}
