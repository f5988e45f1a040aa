/** Whether the words after `help` are what a mail server said: `550`, `5.7.1`, `550 5.1.1 No such user`. */
export function isReply(words: readonly string[]): boolean {
  return /^(?:[245]\d\d(?:[ -]|$)|[245]\.\d{1,3}\.\d{1,3}$)/.test(words[0] ?? '')
}
