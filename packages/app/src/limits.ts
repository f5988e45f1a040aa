/**
 * How long a drain may take before sessions are cut: shorter than the 10 s that `up` waits for its
 * children, so that a process always says goodbye itself.
 */
export const drainMs = 8_000

/** How often all sessions are looked through for those that must end: well within a minute, whatever wake-ups were lost. */
export const grantCheckMs = 20_000

/**
 * How long a session that is to end (kicked, or its password changed) may take to finish its command and say goodbye, before its
 * connection is cut: long enough for a letter on its way, and no client can stay by not reading.
 */
export const goodbyeMs = 5_000
