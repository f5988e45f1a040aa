export { describeReply, formatReply, isPositive, parseReply, reply, type Reply } from './reply.ts'
export type {
  ConnectFailure,
  OutboundMessage,
  OutboundRecipient,
  RecipientOutcome,
  SendResult,
} from './outcome.ts'
export {
  connectSmtp,
  type ClientDeadlines,
  type Connected,
  type SmtpClient,
  type SmtpClientOptions,
  type TlsPolicy,
} from './smtp-client.ts'
