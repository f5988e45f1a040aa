import type { AttachmentClass, Sign } from './policy.ts'

/** Every sign that attachments can give: its class, its points, and its words, which the name of the file follows. */
export const SIGNS = {
  ATTACHMENT_EXECUTABLE: ['executable', 6, 'A program is attached'],
  ATTACHMENT_SCRIPT: ['script', 5, 'A script is attached'],
  ATTACHMENT_SHORTCUT: ['shortcut', 5, 'A shortcut is attached'],
  ATTACHMENT_DISK_IMAGE: ['disk-image', 3, 'A disk image is attached'],
  ATTACHMENT_MACROS: ['macros', 3, 'A document with macros is attached'],
  ATTACHMENT_DOUBLE_ENDING: [
    'disguise',
    4,
    'An attachment has the ending of a document before its real one',
  ],
  ATTACHMENT_HIDDEN_ENDING: ['disguise', 4, "An attachment's name hides its ending"],
  ATTACHMENT_NOT_AS_NAMED: [
    'disguise',
    4,
    'A program is attached under the name of something else',
  ],
  ATTACHMENT_TWO_NAMES: ['disguise', 2.5, 'An attachment has two names of which one is dangerous'],
  ATTACHMENT_POLYGLOT: ['disguise', 3, 'An attachment is an archive and something else at once'],
  ATTACHMENT_ACTIVE: ['active-content', 4, 'An attachment runs a script when it is opened'],
  ATTACHMENT_HTML: ['uninspected-archive', 0.7, 'A web page is attached'],
  ATTACHMENT_PASSWORD_FORM: ['active-content', 3, 'An attached page asks for a password'],
  ATTACHMENT_PDF_ACTIVE: ['uninspected-archive', 0.7, 'An attached PDF starts something'],
  ATTACHMENT_RTF_OBJECT: ['uninspected-archive', 1.5, 'An attached RTF document holds an object'],
  ATTACHMENT_ENCRYPTED_DOCUMENT: [
    'encrypted-archive',
    1.2,
    'A document under a password is attached',
  ],
  ATTACHMENT_WINMAIL: [
    'uninspected-archive',
    0.3,
    'Attachments are packed in winmail.dat, which is not opened',
  ],
  ARCHIVE_EXECUTABLE: ['archived-executable', 4.5, 'An archive holds a program'],
  ARCHIVE_SCRIPT: ['archived-script', 1.2, 'An archive holds a script'],
  ARCHIVE_SHORTCUT: ['archived-executable', 4, 'An archive holds a shortcut'],
  ARCHIVE_DISK_IMAGE: ['archived-executable', 2.5, 'An archive holds a disk image'],
  ARCHIVE_ENCRYPTED: ['encrypted-archive', 1.5, 'An archive is encrypted'],
  ARCHIVE_NOT_INSPECTED: ['uninspected-archive', 0.8, 'An archive is of a kind that is not opened'],
  ARCHIVE_BROKEN: ['uninspected-archive', 1.5, 'An archive cannot be read'],
  ARCHIVE_TRAVERSAL: ['disguise', 3, 'An archive names files outside of itself'],
  SCAN_LIMIT: ['limit', 2, 'It was not looked at whole: there are'],
  EXECUTABLE_HIDDEN_IN_MIME: [
    'archived-executable',
    5,
    'A program is hidden where no part of the message is',
  ],
} as const satisfies Readonly<Record<string, readonly [AttachmentClass, number, string]>>

/** A symbol of {@link SIGNS}. */
export type SignName = keyof typeof SIGNS

/** One sign, with the name of the file it is about. */
export function sign(symbol: SignName, about = ''): Sign {
  const [kind, points, words] = SIGNS[symbol]
  const reason = about === '' ? words : `${words}: ${about.slice(0, MAX_ABOUT)}`
  return { class: kind, symbol, points, reason }
}

const MAX_ABOUT = 200
