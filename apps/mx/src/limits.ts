/** How long an answer of the store's health counts: one question per second, however many come. */
export const healthMs = 1000

/** A store that has not answered by then is not waited for: the greeting goes out, RCPT will tell. */
export const healthWaitMs = 2000
