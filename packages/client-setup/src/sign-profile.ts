import {
  createHash,
  createPrivateKey,
  X509Certificate,
  type KeyObject,
  type webcrypto,
} from 'node:crypto'

/** A certificate chain, the server's own first, and its key, as PEM. */
export interface SigningMaterial {
  readonly cert: string
  readonly key: string
}

/**
 * A profile inside a CMS signature (RFC 5652 §5), as Apple's devices want it: they then show it as verified, by the
 * authority that they trust the server's certificate by. DER.
 * @throws Error where the key is none that such signatures are made with (RSA, or ECDSA on a curve of NIST's)
 */
export async function signProfile(profile: string, material: SigningMaterial): Promise<Buffer> {
  // Loaded here: it is as large as all the rest, and seldom wanted.
  const [asn1, pki] = await Promise.all([import('asn1js'), import('pkijs')])
  const chain = [...material.cert.matchAll(certificatePattern)].map(([pem]) =>
    pki.Certificate.fromBER(new X509Certificate(pem).raw),
  )
  const [own] = chain
  if (own === undefined) throw new Error('there is no certificate to sign with')
  const content = Buffer.from(profile)
  const attribute = (type: string, value: object): InstanceType<typeof pki.Attribute> =>
    new pki.Attribute({ type, values: [value] })
  const digest = createHash('sha256').update(content).digest()
  const signer = new pki.SignerInfo({
    version: 1,
    sid: new pki.IssuerAndSerialNumber({ issuer: own.issuer, serialNumber: own.serialNumber }),
    signedAttrs: new pki.SignedAndUnsignedAttributes({
      type: 0,
      // In the order of DER (X.690 §11.6), in which they are hashed: here by their lengths.
      attributes: [
        attribute(oids.contentType, new asn1.ObjectIdentifier({ value: oids.data })),
        attribute(oids.signingTime, new asn1.UTCTime({ valueDate: new Date() })),
        attribute(oids.messageDigest, new asn1.OctetString({ valueHex: digest })),
      ],
    }),
  })
  const signed = new pki.SignedData({
    version: 1,
    encapContentInfo: new pki.EncapsulatedContentInfo({
      eContentType: oids.data,
      eContent: new asn1.OctetString({ valueHex: content }),
    }),
    signerInfos: [signer],
    certificates: chain,
  })
  await signed.sign(cryptoKeyOf(createPrivateKey(material.key)), 0, 'SHA-256')
  const whole = new pki.ContentInfo({
    contentType: oids.signedData,
    content: signed.toSchema(true),
  })
  return Buffer.from(whole.toSchema().toBER())
}

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** RFC 5652 §4, §5.1, §11. */
const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
} as const

const curves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
}

function cryptoKeyOf(key: KeyObject): webcrypto.CryptoKey {
  if (key.asymmetricKeyType === 'rsa')
    return key.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign'])
  const namedCurve = curves[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (key.asymmetricKeyType === 'ec' && namedCurve !== undefined)
    return key.toCryptoKey({ name: 'ECDSA', namedCurve }, false, ['sign'])
  throw new Error(`no signature of a profile is made with a key of ${key.asymmetricKeyType}`)
}
