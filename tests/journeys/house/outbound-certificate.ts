import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { CertificatePair } from '@posthouse/local-ca'

/** Certificates as files, as servers that are not ours want them. */
export interface CertificateFiles {
  /** Writes a chain and its key. */
  write(name: string, pair: CertificatePair): Promise<WrittenPair>
  stop(): Promise<void>
}

/** Where they stand. */
export interface WrittenPair {
  readonly cert: string
  readonly key: string
}

/** Makes a folder for them, in which all may read. */
export async function makeCertificateFiles(): Promise<CertificateFiles> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'certificates-'))
  await chmod(folder, 0o755)
  return {
    async write(name, pair) {
      const cert = path.join(folder, `${name}.pem`)
      const key = path.join(folder, `${name}.key`)
      await writeFile(cert, pair.cert, { mode: 0o644 })
      await writeFile(key, pair.key, { mode: 0o644 })
      return { cert, key }
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  }
}
