import { existsSync } from 'node:fs'
import { chown, constants, copyFile, mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { configPath, type Config, type ConfigSource } from '@posthouse/config'
import type { Manifest } from '@posthouse/store'

/** A file that a backup keeps: its name there, and where it belongs. */
export interface KeptFile {
  readonly name: string
  readonly path: string
}

/** Configuration, keys and certificates beside the database, those that there are. */
export function filesBesideDatabase(config: Config, source: ConfigSource): readonly KeptFile[] {
  const authority = ['ca.pem', 'ca-key.pem', 'tls-cert.pem', 'tls-key.pem']
  const certificates =
    config.tls === 'local-ca'
      ? authority.map((name) => ({ name, path: path.join(config.dataDir, name) }))
      : [
          { name: 'own-cert.pem', path: config.tls.certFile },
          { name: 'own-key.pem', path: config.tls.keyFile },
        ]
  const all = [
    { name: 'posthouse.toml', path: configPath(source) },
    { name: 'secret-key', path: config.secretKeyFile },
    ...certificates,
  ]
  return all.filter((file) => existsSync(file.path))
}

/**
 * Puts the files of a backup where they belong on this machine, where nothing stands in their place; gives what was put and
 * what was there already. Put by root, they belong to the owner of their folder: the services must read them.
 */
export async function putFiles(
  folder: string,
  { files }: Manifest,
  config: Config,
  source: ConfigSource,
): Promise<{ readonly put: readonly string[]; readonly left: readonly string[] }> {
  const put: string[] = []
  const left: string[] = []
  for (const { name, file } of files) {
    const target = placeOf(name, config, source)
    if (existsSync(target)) {
      left.push(target)
      continue
    }
    await putFile(path.join(folder, file), target)
    put.push(target)
  }
  return { put, left }
}

async function putFile(from: string, target: string): Promise<void> {
  const folder = path.dirname(target)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await copyFile(from, target, constants.COPYFILE_EXCL)
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(folder)
  await chown(target, uid, gid)
}

function placeOf(name: string, config: Config, source: ConfigSource): string {
  const { dataDir, secretKeyFile, tls } = config
  const own = tls === 'local-ca' ? undefined : tls
  const places: Readonly<Record<string, string | undefined>> = {
    'posthouse.toml': configPath(source),
    'secret-key': secretKeyFile,
    'own-cert.pem': own?.certFile,
    'own-key.pem': own?.keyFile,
  }
  return places[name] ?? path.join(dataDir, name)
}
