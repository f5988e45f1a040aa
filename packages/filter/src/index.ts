export { DEFAULT_ATTACHMENT_POLICY } from './attachments/policy.ts'
export type { AttachmentAction, AttachmentClass, AttachmentPolicy } from './attachments/policy.ts'
export { builtInStages } from './built-in-stages.ts'
export type { BuiltInOptions } from './built-in-stages.ts'
export { filterMessage } from './filter-message.ts'
export type {
  Direction,
  FilterClient,
  FilterMessage,
  FilterMessageInput,
  FilterRecipient,
  MessageLink,
  MessageText,
} from './filter-message.ts'
export type { Finding, OnFailure, Ruling, Stage, StageHealth, StageResult } from './stage.ts'
export type {
  Action,
  FilterVerdict,
  Placement,
  RecipientSettings,
  StageReport,
  Thresholds,
} from './verdict.ts'
export { createPipeline, DEFAULT_THRESHOLDS } from './runner/create-pipeline.ts'
export type { Pipeline, PipelineOptions } from './runner/create-pipeline.ts'
export { isBlocked, placementOf, sendersOf, vouchedDomains } from './runner/placement.ts'
export type { Senders } from './runner/placement.ts'
export { verdictFields } from './runner/verdict-fields.ts'
export { clamdStage } from './scanners/clamd-stage.ts'
export type { ClamdOptions } from './scanners/clamd-stage.ts'
export type { ForeignLimits } from './scanners/foreign-findings.ts'
export { rspamdStage } from './scanners/rspamd-stage.ts'
export type { RspamdOptions } from './scanners/rspamd-stage.ts'
export { scannerAddress } from './scanners/scanner-address.ts'
export type { ScannerAddress } from './scanners/scanner-address.ts'
export type { ScannerStage } from './scanners/scanner-stage.ts'
export { spamdStage } from './scanners/spamd-stage.ts'
export type { SpamdOptions } from './scanners/spamd-stage.ts'
export type { DomainList, Listing } from './links/url-list-stage.ts'
