/** How long the answer to a first wrong password is held back; doubled with each further one. */
export const firstDelayMs = 250

/** The longest it is held back: longer would only fill our own tables. */
export const longestDelayMs = 8000

/** Failures of an address are forgotten after so long without another. */
export const forgetMs = 15 * 60_000

/** Addresses that are remembered; the oldest goes. */
export const rememberedAddresses = 10_000

/** How far ahead mail may be held, in seconds: 60 days, so that an announcement can wait for its day, and not for years. */
export const releaseSeconds = 60 * 86_400

/** A message to more recipients than this goes after letters: nobody waits for it at the door. */
export const lettersRecipients = 20

/** Every so many messages of a day an account is looked at, whatever it sends: a list that is mailed slowly bounces all the same. */
export const looksEvery = 20
