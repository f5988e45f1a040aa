export { createAuthenticator } from './authenticator.ts'
export type { Authenticator, AuthenticatorOptions } from './authenticator.ts'
export { evidenceResolver } from './evidence-resolver.ts'
export { withoutForgedResults } from './results/forged-results.ts'
export { receivedSpfField } from './results/received-spf.ts'
export { readResults } from './results/results-reader.ts'
export type { ResultInfo, ResultsPayload } from './results/results-reader.ts'
export { authenticationResultsField } from './results/results-field.ts'
export { authorDomainOf } from './signing/author-domain.ts'
export {
  keyRecordName,
  keyRecordText,
  readPublication,
  splitRecordText,
} from './signing/key-record-text.ts'
export type { Publication, PublicKey } from './signing/key-record-text.ts'
export { defaultValidSeconds, signMessage } from './signing/sign-message.ts'
export type { Signed, SigningKey, SigningTerms } from './signing/sign-message.ts'
export type {
  ArcResult,
  ArcVerdict,
  AuthenticationInput,
  AuthenticationVerdict,
  DkimResult,
  DkimVerdict,
  DmarcResult,
  DmarcVerdict,
  Evidence,
  ReverseVerdict,
  SpfResult,
  SpfVerdict,
} from './verdict.ts'
