import { randomInt } from 'node:crypto'

const consonants = 'bdfghjkmnprstvwz'
const vowels = 'aeiou'

/**
 * Makes a password that can be read out and typed: three words of three syllables and two digits,
 * `mofitu-karebo-sonuvi-73`. 16 × 5 choices per syllable and 90 numbers: 63 bits.
 */
export function generatePassword(): string {
  const words = Array.from({ length: 3 }, () => syllable() + syllable() + syllable())
  return [...words, String(randomInt(10, 100))].join('-')
}

function syllable(): string {
  return pick(consonants) + pick(vowels)
}

function pick(letters: string): string {
  return letters.charAt(randomInt(letters.length))
}
