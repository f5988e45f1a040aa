import { type Cursor, nstring, number, string } from '@posthouse/imap-wire'

/** Exactly one space: what we send is held to the letter, whatever we forgive. */
function sp(c: Cursor): void {
  c.expect(0x20, 'one space')
}

const open = (c: Cursor): void => c.expect(0x28, '"("')
const close = (c: Cursor): void => c.expect(0x29, '")"')
const opens = (c: Cursor): boolean => c.peek() === 0x28

/** `envelope` (RFC 3501 §9). */
export function envelope(c: Cursor): void {
  open(c)
  nstring(c)
  sp(c)
  nstring(c)
  for (let list = 0; list < 6; list += 1) {
    sp(c)
    addresses(c)
  }
  sp(c)
  nstring(c)
  sp(c)
  nstring(c)
  close(c)
}

/** `"(" 1*address ")" / nil`. */
function addresses(c: Cursor): void {
  if (!opens(c)) return expectNil(c)
  open(c)
  do address(c)
  while (opens(c))
  close(c)
}

function address(c: Cursor): void {
  open(c)
  for (let field = 0; field < 4; field += 1) {
    if (field > 0) sp(c)
    nstring(c)
  }
  close(c)
}

/** `body` (RFC 3501 §9), with extension data or without. */
export function body(c: Cursor, extended: boolean): void {
  open(c)
  if (opens(c)) multipart(c, extended)
  else single(c, extended)
  close(c)
}

/** `body-type-mpart`. */
function multipart(c: Cursor, extended: boolean): void {
  do body(c, extended)
  while (opens(c))
  sp(c)
  string(c)
  if (!extended) return
  sp(c)
  parameters(c)
  extension(c)
}

/** `body-type-1part`: basic, message or text, by its media type. */
function single(c: Cursor, extended: boolean): void {
  const type = string(c).toString('latin1').toLowerCase()
  sp(c)
  const subtype = string(c).toString('latin1').toLowerCase()
  sp(c)
  parameters(c)
  sp(c)
  nstring(c)
  sp(c)
  nstring(c)
  sp(c)
  string(c)
  sp(c)
  number(c)
  if (type === 'message' && (subtype === 'rfc822' || subtype === 'global')) enclosed(c, extended)
  else if (type === 'text') {
    sp(c)
    number(c)
  }
  if (!extended) return
  sp(c)
  nstring(c)
  extension(c)
}

/**
 * `envelope SP body SP body-fld-lines` of message/rfc822. A message that is too deep in others to be
 * looked into has none, and is told as a basic part.
 */
function enclosed(c: Cursor, extended: boolean): void {
  sp(c)
  envelope(c)
  sp(c)
  body(c, extended)
  sp(c)
  number(c)
}

/** `body-fld-param`. */
function parameters(c: Cursor): void {
  if (!opens(c)) return expectNil(c)
  open(c)
  string(c)
  sp(c)
  string(c)
  while (c.accept(0x20)) {
    string(c)
    sp(c)
    string(c)
  }
  close(c)
}

/** Disposition, language and location, which both kinds of part end with. */
function extension(c: Cursor): void {
  sp(c)
  if (opens(c)) {
    open(c)
    string(c)
    sp(c)
    parameters(c)
    close(c)
  } else expectNil(c)
  sp(c)
  if (opens(c)) {
    open(c)
    string(c)
    while (c.accept(0x20)) string(c)
    close(c)
  } else nstring(c)
  sp(c)
  nstring(c)
}

function expectNil(c: Cursor): void {
  if (nstring(c) !== null) c.fail('expected a list or NIL')
}
