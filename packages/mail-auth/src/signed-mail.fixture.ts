import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { dkimSign, sealMessage } from 'mailauth'

/** A key to sign with, and its record for a zone. */
export interface TestKey {
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256'
  readonly pem: string
  readonly record: string
}

/** Makes a key; Ed25519 ones are quick to make. */
export function makeKey(type: 'ed25519' | number, tags = ''): TestKey {
  if (type === 'ed25519') {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const bare = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
    const record = `v=DKIM1; k=ed25519; ${tags} p=${bare.toString('base64')}`
    return { algorithm: 'ed25519-sha256', pem: pemOf(privateKey), record }
  }
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: type })
  const der = publicKey.export({ format: 'der', type: 'spki' })
  const record = `v=DKIM1; ${tags} p=${der.toString('base64')}`
  return { algorithm: 'rsa-sha256', pem: pemOf(privateKey), record }
}

/** What a signature says, besides its domain; in mailauth's words. */
export type SigningOptions = Partial<Parameters<typeof dkimSign>[1]>

/** Puts a DKIM-Signature on top of a message, by mailauth's signer: another hand than the one that verifies. */
export async function signMail(
  octets: Buffer,
  domain: string,
  key: TestKey,
  options: SigningOptions = {},
): Promise<Buffer> {
  const signer = {
    signingDomain: domain,
    selector: 'test',
    privateKey: key.pem,
    algorithm: key.algorithm,
    canonicalization: 'relaxed/relaxed',
    ...options,
  }
  const { signatures, errors } = await dkimSign(octets, { ...signer, signatureData: [signer] })
  const [error] = errors
  if (error !== undefined) throw error.err
  if (signatures === '') throw new Error('not signed')
  return Buffer.concat([Buffer.from(signatures), octets])
}

/** Puts an ARC set on top of a message, by mailauth's sealer. */
export async function sealMail(
  octets: Buffer,
  domain: string,
  key: TestKey,
  { results, cv }: { readonly results: string; readonly cv: 'none' | 'pass' | 'fail' },
): Promise<Buffer> {
  const fields = await sealMessage(octets, {
    signingDomain: domain,
    selector: 'test',
    privateKey: key.pem,
    algorithm: key.algorithm,
    authResults: results,
    cv,
    ...(cv === 'none' ? { i: 1 } : {}),
  })
  if (fields.length === 0) throw new Error('not sealed')
  return Buffer.concat([fields, octets])
}

function pemOf(key: {
  export(options: { format: 'pem'; type: 'pkcs8' }): string | Buffer
}): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}

/**
 * Puts a DKIM-Signature with any tags on top, however wrong, that still verifies: simple/simple, over From and Subject. A tag
 * of undefined is left out, `bh` and `b` are made.
 */
export function signTags(
  octets: Buffer,
  tags: Readonly<Record<string, string | undefined>>,
  key: TestKey,
): Buffer {
  const text = octets.toString('latin1')
  const at = text.indexOf('\r\n\r\n')
  const body = text.slice(at + 4).replace(/(?:\r\n)*$/, '\r\n')
  const limit = /^\d+$/.test(tags['l'] ?? '') ? Number(tags['l']) : body.length
  const bodyHash = createHash('sha256').update(body.slice(0, limit), 'latin1').digest('base64')
  const all = { v: '1', a: key.algorithm, d: 'example.com', s: 'test', h: 'From:Subject', ...tags }
  const written = Object.entries({ bh: bodyHash, ...all }).filter(
    ([, value]) => value !== undefined,
  )
  const field = `DKIM-Signature: ${written.map(([name, value]) => `${name}=${value}`).join('; ')}; b=`
  const lines = text.slice(0, at).split(/\r\n(?![ \t])/)
  const names = (all.h ?? '').split(':').map((name) => name.trim().toLowerCase())
  const signed = names.flatMap((name) =>
    lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)),
  )
  const input = Buffer.from(`${signed.map((line) => `${line}\r\n`).join('')}${field}`, 'latin1')
  const signature =
    key.algorithm === 'rsa-sha256'
      ? sign('sha256', input, key.pem)
      : sign(null, createHash('sha256').update(input).digest(), key.pem)
  return Buffer.concat([
    Buffer.from(`${field}${signature.toString('base64')}\r\n`, 'latin1'),
    octets,
  ])
}
