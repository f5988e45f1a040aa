/** Bounds of one message's check. What the RFCs fix cites its section; the rest keeps a message from costing more than it is worth. */
export const authenticationLimits = {
  /** All checks of a message together: check_host() alone is given at least 20 seconds (RFC 7208 §4.6.4). */
  timeoutMs: 20_000,
  /** Questions of one check_host(): more than §4.6.4 allows, ten terms with ten addresses each, the client's names, records. */
  spfQuestions: 160,
  dkimQuestions: 16,
  /** One key per seal and one for the newest message signature, fifty at most (RFC 8617 §4.2.1). */
  arcQuestions: 51,
  /** A walk of eight (RFC 9989 §4.10) for the author and each of nine identifiers, and whether the author exists. */
  dmarcQuestions: 82,
  reverseQuestions: 12,
} as const

/** DKIM signatures that are verified, from the top; each costs a question and a public key operation. */
export const maxSignatures = 8

/** Signatures that are named in the verdict; a message may bear thousands, and what is not verified counts for nothing. */
export const maxNamedSignatures = 24

/** A header of more octets is not read to its end, and counts as malformed: real ones have some ten thousand. */
export const maxHeaderBytes = 1_048_576

/** Fields beyond are not read either; each is looked at by every check. */
export const maxFields = 10_000

/** A signature field of more octets is not read; with every field of a large message in `h=` it has less. */
export const maxSignatureBytes = 32_768

/** Key records at one name that are tried: there shall be one (RFC 6376 §3.6.2.2). */
export const maxKeyRecords = 4

/** Smaller keys sign nothing (RFC 8301 §3.2). */
export const minRsaBits = 1024

/** Larger keys are refused as policy: their operations cost too much (RFC 8301 §3.2 asks for up to 4096). */
export const maxRsaBits = 8192

/** Larger public exponents are refused as policy: 65537 is what everybody takes, and a verification's cost grows with it. */
export const maxRsaExponent = 0xffff_ffffn

/** How far a signer's clock may be off ours, for `t=` and `x=`. */
export const clockSkewSeconds = 300

/** All fields of an ARC chain; each seal signs all sets below it, so the work grows with the square. */
export const maxArcBytes = 262_144
