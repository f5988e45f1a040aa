/** Tokens of one message, all kinds together: the words of four or five printed pages. */
export const maxTokens = 2_000
/** Of them, those of the header, so that a long one leaves room for what is read. */
export const maxHeaderTokens = 400
/** Links that are looked at. */
export const maxLinks = 60
/** Characters of a text that are looked at, for each of plain text, HTML's text and markup. */
export const maxTextLength = 40_000
/** Words of the body that are looked at. */
export const maxWords = 900
/** A longer word is known by its ends and its length. */
export const maxWordLength = 20
/** Header fields that are looked at. */
export const maxFields = 80
/** Characters of a field's value that are looked at. */
export const maxValueLength = 500
/** Tokens of a message's manner. */
export const maxMannerTokens = 200
/** Received fields that are looked at. */
export const maxHops = 15
