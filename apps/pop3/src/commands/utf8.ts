import { nothing } from '../arguments.ts'
import { ok } from '../completion.ts'
import { command } from '../verb.ts'

/**
 * UTF8. RFC 6856 §2. Logins and passwords are UTF-8 with it and without it (`USER` in the
 * capability), replies are ASCII, and messages are the octets that came in, whatever their headers
 * hold: so there is nothing to switch. The surrogates of RFC 6856 §2.1 for clients that did not ask
 * would break what every client relies on, that RETR gives the same octets to everybody.
 *
 * QUIRK: taken after sign-in too, where the RFC does not have it: Outlook sends it behind PASS, and
 * gives up on -ERR (0x800CCC90).
 */
export const utf8 = command({
  name: 'UTF8',
  state: 'any',
  usage: 'UTF8',
  capability: () => 'UTF8 USER',
  parse: nothing,
  execute: () => ok('UTF8 is on.'),
})
