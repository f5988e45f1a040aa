import { ImapLoad } from '../clients/imap-load.ts'
import { at, secondsOf, type Measure, type MeasureCase, type Scale } from '../measure.ts'
import type { Side } from '../side.ts'
import { dovecotsForLogins } from '../sides/dovecot-logins.ts'

/** The first account that signs in; its INBOX is empty. */
const firstUser = 20

/** Sessions at one moment. */
const workers = 8

interface Logins {
  readonly isSecure: boolean
  readonly accounts: number
  readonly logins: number
}

function manyAccounts(scale: Scale): number {
  return at(scale, { full: 1_000, quick: 480, smoke: 4 })
}

function login(logins: Logins): MeasureCase {
  const how = logins.isSecure ? 'tls' : 'clear'
  return {
    name: `imap-login/${how}-${logins.accounts}`,
    unit: 'logins/s',
    isHigherBetter: true,
    before: (side) => signInAll(side, { ...logins, logins: logins.accounts, isSecure: false }),
    round: async (side) => {
      const seconds = await secondsOf(() => signInAll(side, logins))
      return { value: logins.logins / seconds, units: logins.logins }
    },
  }
}

/** Login, SELECT, LOGOUT, again and again; under TLS with a full handshake each time. */
async function signInAll(side: Side, { isSecure, accounts, logins }: Logins): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(workers, logins) }, async () => {
      while (next < logins) {
        const user = firstUser + (next++ % accounts)
        const port = isSecure ? side.ports.imaps : side.ports.imap
        const session = await ImapLoad.login(port ?? 0, user, isSecure)
        await session.command('SELECT INBOX')
        await session.command('LOGOUT')
        session.close()
      }
    }),
  )
}

/** Signing in with passwords that were right a moment ago, against Dovecot as shipped and tuned. */
export const imapLogin: Measure = {
  name: 'imap-login',
  peers: (_, asked) => dovecotsForLogins(asked),
  accounts: (scale) => firstUser + manyAccounts(scale),
  cases: (scale) =>
    [false, true].flatMap((isSecure) =>
      [1, manyAccounts(scale)].map((accounts) => {
        const logins = at(scale, { full: 2_000, quick: 500, smoke: 4 })
        return login({ isSecure, accounts, logins })
      }),
    ),
}
