import { crc32, deflateRawSync } from 'node:zlib'
import { utils, write } from 'cfb'
import { attached } from './sample-message.fixture.ts'

/** A file for {@link zipOf}. */
export interface Packed {
  readonly name: string
  readonly content: string | Uint8Array
  readonly isEncrypted?: boolean
  /** What the archive says of its size, where that is a lie. */
  readonly claimedSize?: number
  readonly method?: number
}

/** A zip archive (APPNOTE 4.3), deflated. */
export function zipOf(files: readonly Packed[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const file of files) {
    const content = Buffer.from(file.content)
    const data = deflateRawSync(content)
    const name = Buffer.from(file.name)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(0x8_00 | (file.isEncrypted === true ? 1 : 0), 2)
    facts.writeUInt16LE(file.method ?? 8, 4)
    facts.writeUInt32LE(crc32(content), 10)
    facts.writeUInt32LE(data.length, 14)
    facts.writeUInt32LE(file.claimedSize ?? content.length, 18)
    facts.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), facts, name, data])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(at, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, tail, name]))
    locals.push(local)
    at += local.length
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(entries.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...locals, entries, end])
}

/** A tar archive. */
export function tarOf(files: readonly Pick<Packed, 'name' | 'content'>[]): Buffer {
  const blocks = files.flatMap(({ name, content }) => {
    const octets = Buffer.from(content)
    const header = Buffer.alloc(512)
    header.write(name, 0, 100)
    header.write(`${octets.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('ustar\x0000', 257, 'latin1')
    return [header, octets, Buffer.alloc((512 - (octets.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1_024)])
}

/** The beginning of a Windows program, which is no program. */
export const program = Buffer.concat([
  Buffer.from('4d5a90000300000004000000ffff0000b800000000000000400000000000000000000000', 'hex'),
  Buffer.alloc(400),
  Buffer.from('This program cannot be run'),
])

/** An OLE compound file with streams of these names. */
export const ole = (...names: readonly string[]): Buffer => {
  const file = utils.cfb_new()
  for (const name of names) utils.cfb_add(file, `/${name}`, Buffer.from('content'))
  return Buffer.from(write(file, { type: 'buffer' }))
}

/** The beginning of a RAR archive. */
export const rar = Buffer.from('526172211a0700cf', 'hex')

/** Zip archives in one another. */
export const nestedZips = (depth: number): Buffer => {
  let inner = zipOf([{ name: 'note.txt', content: 'x' }])
  for (let i = 1; i < depth; i += 1) inner = zipOf([{ name: `level${i}.zip`, content: inner }])
  return inner
}

/** A text attachment with another Content-Disposition. */
export const twoNames = (disposition: string): Buffer =>
  Buffer.from(
    attached('notes.txt', 'x', 'text/plain')
      .toString()
      .replace(
        'Content-Disposition: attachment; filename="notes.txt"',
        `Content-Disposition: attachment; ${disposition}`,
      ),
  )
