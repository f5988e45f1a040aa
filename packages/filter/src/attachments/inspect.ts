import { MAX_ARCHIVE_DEPTH } from '../limits.ts'
import { activeContent, asksForPassword } from './active-content.ts'
import { type Budget, LimitReached } from './budget.ts'
import { endingOf, kindOfName } from './endings.ts'
import { gunzipped } from './gzip.ts'
import { endsAsZip, type Magic, magicOf } from './magic.ts'
import { kindSign, nameSigns } from './name-signs.ts'
import { isDocumentEntry, isMacroEntry, oleContent } from './office.ts'
import type { Sign } from './policy.ts'
import { sign } from './signs.ts'
import { tarEntries } from './tar.ts'
import { localNames, type ZipEntry, zipEntries } from './zip.ts'

/** A file to look at: an attachment, or one out of an archive. */
export interface Specimen {
  /** All names that it goes by; the first is told. */
  readonly names: readonly string[]
  /** First octets; empty where there are none to be had. */
  readonly head: Buffer
  /** All of it, only asked for where it has to be opened. */
  readonly whole: () => Buffer | Promise<Buffer>
  /** Archives around it. */
  readonly depth: number
}

/** Looks at files and at what is in them, as far as the budget goes. */
export class Inspection {
  readonly signs: Sign[] = []
  readonly #budget: Budget

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /** Adds the signs of one file. Never throws, except where the work was cancelled. */
  async inspect(specimen: Specimen): Promise<void> {
    try {
      await this.#file(specimen)
    } catch (error) {
      if (error instanceof LimitReached) this.signs.push(sign('SCAN_LIMIT', error.message))
      else if (error instanceof DOMException) throw error
      else this.signs.push(sign('ARCHIVE_BROKEN', specimen.names[0]))
    }
  }

  async #file(specimen: Specimen): Promise<void> {
    const { names, head, depth } = specimen
    const magic = magicOf(head)
    this.signs.push(...nameSigns(names, head, depth))
    this.#magic(magic, specimen)
    const isZip =
      magic === 'zip' ||
      (magic === undefined && names.some((name) => ZIP_ENDINGS.has(endingOf(name))))
    if (isZip && head.length > 0) await this.#zip(specimen, await specimen.whole())
    else if (magic === 'gzip') await this.#gzip(specimen)
    else if (magic === 'tar') await this.#tar(specimen, await specimen.whole())
    else if (magic === 'ole') this.#ole(specimen, await specimen.whole())
    else if (magic === 'markup' || names.map(kindOfName).includes('markup'))
      await this.#page(specimen)
    else if (magic === 'pdf' || magic === 'picture' || magic === 'rtf')
      await this.#document(magic, specimen)
    else if (isUnopened(names, magic)) this.#unopened(specimen)
  }

  /** What its first octets say, whatever the names are. */
  #magic(magic: Magic, { names, depth }: Specimen): void {
    const name = names[0] ?? ''
    if (magic === 'program') {
      this.signs.push(kindSign('executable', name, depth))
      if (names.length > 0 && names.map(kindOfName).every((kind) => kind === undefined))
        this.signs.push(sign('ATTACHMENT_NOT_AS_NAMED', name))
    } else if (magic === 'shortcut' || magic === 'disk-image')
      this.signs.push(kindSign(magic, name, depth))
    else if (magic === 'help') this.signs.push(kindSign('script', name, depth))
    else if (magic === 'onenote') this.signs.push(kindSign('macros', name, depth))
    else if (magic === 'tnef') this.signs.push(sign('ATTACHMENT_WINMAIL', name))
  }

  async #zip(specimen: Specimen, octets: Buffer): Promise<void> {
    this.#deeper(specimen.depth)
    let isDocument = false
    try {
      for await (const entry of zipEntries(octets, this.#budget)) {
        isDocument ||= isDocumentEntry(entry.name)
        await this.#entry(entry, specimen, isDocument)
      }
    } catch (error) {
      if (error instanceof LimitReached || error instanceof DOMException) throw error
      this.signs.push(sign('ARCHIVE_BROKEN', specimen.names[0]))
      for (const name of localNames(octets))
        this.signs.push(...nameSigns([name], EMPTY, specimen.depth + 1))
    }
  }

  async #entry(entry: ZipEntry, { names, depth }: Specimen, isDocument: boolean): Promise<void> {
    const { name } = entry
    if (isMacroEntry(name)) this.signs.push(sign('ATTACHMENT_MACROS', names[0]))
    if (OUTSIDE.test(name)) this.signs.push(sign('ARCHIVE_TRAVERSAL', name))
    if (entry.isEncrypted) this.signs.push(sign('ARCHIVE_ENCRYPTED', names[0]))
    else if (!entry.isReadable) this.signs.push(sign('ARCHIVE_NOT_INSPECTED', names[0]))
    // A document's own parts are opened by the program for documents, which takes none of them for a file to run.
    const isPart = name.endsWith('/') || (isDocument && DOCUMENT_PART.test(name))
    const head = isPart ? EMPTY : await this.#headOf(entry)
    await this.inspect({ names: [name], head, whole: () => entry.whole(), depth: depth + 1 })
  }

  /** One entry that is broken keeps none of the others from being looked at. */
  async #headOf(entry: ZipEntry): Promise<Buffer> {
    try {
      return await entry.head()
    } catch (error) {
      if (error instanceof LimitReached || error instanceof DOMException) throw error
      this.signs.push(sign('ARCHIVE_BROKEN', entry.name))
      return EMPTY
    }
  }

  async #gzip({ names, depth, ...file }: Specimen): Promise<void> {
    this.#deeper(depth)
    const content = await gunzipped(await file.whole(), this.#budget)
    const inner = names.map((name) => name.replace(/\.t?gz$/i, ''))
    await this.inspect({ names: inner, head: content, whole: () => content, depth: depth + 1 })
  }

  async #tar({ depth }: Specimen, octets: Buffer): Promise<void> {
    this.#deeper(depth)
    for (const { name, content } of tarEntries(octets, this.#budget)) {
      await this.inspect({ names: [name], head: content, whole: () => content, depth: depth + 1 })
    }
  }

  #ole({ names, depth }: Specimen, octets: Buffer): void {
    const { hasMacros, isEncrypted, isInstaller } = oleContent(octets)
    if (hasMacros) this.signs.push(sign('ATTACHMENT_MACROS', names[0]))
    if (isEncrypted) this.signs.push(sign('ATTACHMENT_ENCRYPTED_DOCUMENT', names[0]))
    if (isInstaller) this.signs.push(kindSign('executable', names[0] ?? '', depth))
  }

  /** One file under compression keeps its name before the ending: `invoice.scr.xz`. */
  #unopened({ names, depth }: Specimen): void {
    this.signs.push(sign('ARCHIVE_NOT_INSPECTED', names[0]))
    const inner = names.map((name) => name.replace(/\.[^.]{1,5}$/, ''))
    this.signs.push(...nameSigns(inner, EMPTY, depth + 1))
  }

  async #page({ names, depth, ...file }: Specimen): Promise<void> {
    const octets = await file.whole()
    if (depth === 0) this.signs.push(sign('ATTACHMENT_HTML', names[0]))
    const does = activeContent(octets)
    if (does !== undefined)
      this.signs.push(sign('ATTACHMENT_ACTIVE', `${names[0] ?? ''} is ${does}`))
    if (asksForPassword(octets)) this.signs.push(sign('ATTACHMENT_PASSWORD_FORM', names[0]))
  }

  async #document(magic: Magic, specimen: Specimen): Promise<void> {
    const octets = await specimen.whole()
    if (endsAsZip(octets)) {
      this.signs.push(sign('ATTACHMENT_POLYGLOT', specimen.names[0]))
      await this.#zip(specimen, octets)
    }
    if (magic === 'pdf' && PDF_ACTIVE.test(octets.toString('latin1', 0, MAX_SEARCHED)))
      this.signs.push(sign('ATTACHMENT_PDF_ACTIVE', specimen.names[0]))
    if (magic === 'rtf' && /\\objdata|\\objupdate/.test(octets.toString('latin1', 0, MAX_SEARCHED)))
      this.signs.push(sign('ATTACHMENT_RTF_OBJECT', specimen.names[0]))
  }

  #deeper(depth: number): void {
    if (depth >= MAX_ARCHIVE_DEPTH)
      throw new LimitReached('archives in archives, deeper than is looked at')
    this.#budget.archive()
  }
}

function isUnopened(names: readonly string[], magic: Magic): boolean {
  return (
    magic === 'opaque-archive' ||
    (magic === undefined && names.some((name) => OPAQUE_ENDINGS.has(endingOf(name))))
  )
}

const EMPTY = Buffer.alloc(0)
const OUTSIDE = /(?:^|[/\\])\.\.[/\\]|^[/\\]|^[a-z]:/i
const ZIP_ENDINGS: ReadonlySet<string> = new Set([
  'zip',
  'zipx',
  'docx',
  'docm',
  'xlsx',
  'xlsm',
  'pptx',
  'pptm',
  'jar',
  'apk',
])
const OPAQUE_ENDINGS: ReadonlySet<string> = new Set(
  'rar 7z cab arj ace lzh lha z bz bz2 tbz2 xz txz zst uue alz egg 001 z01 r00 part'.split(' '),
)
const DOCUMENT_PART = /\.(?:xml|rels|vml|jpe?g|png|gif|emf|wmf|bin|ttf|odttf|rdf|xsl)$/i
const PDF_ACTIVE = /\/(?:JavaScript|JS|Launch)\b/
const MAX_SEARCHED = 1024 * 1024
