import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { AcmeConfig } from '@posthouse/config'

const generate = promisify(generateKeyPair)

/** A key for a certificate, made beside the event loop. */
export async function newKey(type: AcmeConfig['keyType']): Promise<KeyObject> {
  const { privateKey } =
    type === 'rsa'
      ? await generate('rsa', { modulusLength: 2048 })
      : await generate('ec', { namedCurve: 'P-256' })
  return privateKey
}
