export { type SaslMachine, type SaslStep } from './machine.ts'
export { plain } from './plain.ts'
export { login } from './login.ts'
export {
  decodeBase64,
  decodeInitialResponse,
  decodeResponse,
  encodeChallenge,
  maxResponseOctets,
  type SaslResponse,
} from './response.ts'
