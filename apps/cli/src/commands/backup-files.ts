import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '@posthouse/config'
import { environmentVariable } from '@posthouse/config/environment'
import type { Manifest } from '@posthouse/store'
import type { CommonOptions } from '../command-options.ts'

/** A file that a backup keeps: its name there, and where it belongs. */
export interface KeptFile {
  readonly name: string
  readonly path: string
}

/** Configuration, keys and certificates beside the database, those that there are. */
export function filesBesideDatabase(config: Config, options: CommonOptions): readonly KeptFile[] {
  const named = options.config ?? environmentVariable('POSTHOUSE_CONFIG')
  const authority = ['ca.pem', 'ca-key.pem', 'tls-cert.pem', 'tls-key.pem']
  const certificates =
    config.tls === 'local-ca'
      ? authority.map((name) => ({ name, path: path.join(config.dataDir, name) }))
      : [
          { name: 'own-cert.pem', path: config.tls.certFile },
          { name: 'own-key.pem', path: config.tls.keyFile },
        ]
  const all = [
    { name: 'posthouse.toml', path: named ?? path.join(config.dataDir, 'posthouse.toml') },
    { name: 'secret-key', path: config.secretKeyFile },
    ...certificates,
  ]
  return all.filter((file) => existsSync(file.path))
}

/**
 * Puts the files of a backup where they belong on this machine, where nothing stands in their place; gives what was put and
 * what was there already.
 */
export async function putFiles(
  folder: string,
  { files }: Manifest,
  config: Config,
): Promise<{ readonly put: readonly string[]; readonly left: readonly string[] }> {
  const put: string[] = []
  const left: string[] = []
  for (const { name, file } of files) {
    const target = placeOf(name, config)
    if (existsSync(target)) {
      left.push(target)
      continue
    }
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 })
    await copyFile(path.join(folder, file), target)
    put.push(target)
  }
  return { put, left }
}

function placeOf(name: string, config: Config): string {
  return name === 'secret-key' ? config.secretKeyFile : path.join(config.dataDir, name)
}
