/** Takes spaces and tabs off both ends (WSP, RFC 5234 B.1); in linear time, whatever a stranger wrote. */
export function trimWsp(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isWsp(text.charCodeAt(start))) start += 1
  while (end > start && isWsp(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function isWsp(code: number): boolean {
  return code === 0x20 || code === 0x09
}
