/**
 * How long a drain may take before sessions are cut: shorter than the 10 s that `up` waits for its
 * children, so that a process always says goodbye itself.
 */
export const drainMs = 8_000
