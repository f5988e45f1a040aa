/**
 * Text made comparable: well formed, without case, with one spelling for each accented letter (RFC 5051 in spirit), and one
 * sigma, which lower case would choose by its place in the word. What is searched for and what is searched are both folded.
 */
export function foldText(text: string): string {
  const folded = text.toWellFormed().normalize('NFC').toLowerCase()
  return folded.includes('ς') ? folded.replaceAll('ς', 'σ') : folded
}
