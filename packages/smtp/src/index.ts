export { describeReply, formatReply, isPositive, parseReply, reply, type Reply } from './reply.ts'
export { replies } from './replies.ts'
export * from './reply-cause.ts'
export { ownWords } from './reply-cause/own-patterns.ts'
export { defaultLimits, type SmtpLimits } from './limits.ts'
export { MemoryBudget, processBudget } from './memory-budget.ts'
export { addressLiteral, isHostName, normaliseDomain } from './mail-domain.ts'
export { isAscii, nullPath, parsePath, spellLocal, type MailPath } from './mail-path.ts'
export type { MailCommand, RcptCommand } from './mail-command.ts'
export type { Notify } from './rcpt-parameters.ts'
export type { AcceptedRecipient, Envelope } from './envelope.ts'
export type { SmtpSession, TlsState } from './session.ts'
export type {
  Authenticated,
  AuthOptions,
  Credentials,
  Routed,
  SaslExchange,
  SaslMechanism,
  SaslStep,
  SmtpHandlers,
  SmtpListener,
  SmtpServerOptions,
} from './server-options.ts'
export {
  deliveredToField,
  receivedField,
  returnPathField,
  transmissionType,
  type Hop,
} from './trace-fields.ts'
export { createSmtpServer } from './create-smtp-server.ts'
export { GatewayWatch } from './gateway-watch.ts'
export { KnownClients } from './known-clients.ts'
export { ClientLedger, type ClientRates } from './client-ledger.ts'
export type {
  ConnectFailure,
  OutboundMessage,
  OutboundRecipient,
  RecipientOutcome,
  SendResult,
} from './outcome.ts'
export { isFor, type TlsPeer } from './client-peer.ts'
export {
  connectSmtp,
  type ClientCredentials,
  type ClientDeadlines,
  type Connected,
  type SmtpClient,
  type SmtpClientOptions,
  type TlsPolicy,
} from './smtp-client.ts'
