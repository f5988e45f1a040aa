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
export { isVouchedByArc } from './authentication/authentication-rules.ts'
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
export { scannerStages } from './scanners/scanner-stages.ts'
export type { ScannerSettings, ScannerSettingValues } from './scanners/scanner-stages.ts'
export { spamdStage } from './scanners/spamd-stage.ts'
export type { SpamdOptions } from './scanners/spamd-stage.ts'
export type { DomainList, Listing } from './links/url-list-stage.ts'
export { Classifier } from './classifier/classifier.ts'
export type { Classification, Readable, Taught } from './classifier/classifier.ts'
export { classifierStage } from './classifier/classifier-stage.ts'
export type { ClassifierOptions } from './classifier/classifier-stage.ts'
export { MemoryTokenStore } from './classifier/memory-token-store.ts'
export { Reviewer } from './classifier/reviewer.ts'
export { SelfTeacher } from './classifier/self-teacher.ts'
export type { SelfTeachingLimits, SpamListener } from './classifier/self-teacher.ts'
export type {
  KeptLesson,
  Lesson,
  LessonChange,
  LessonCounts,
  Recollection,
  SharedSums,
  TokenStore,
  TokenSums,
  Views,
} from './classifier/token-store.ts'
export type { TokenHash } from './classifier/token-hash.ts'
export { trainPending } from './classifier/train-pending.ts'
export type { LearningStores, TrainingJob, TrainingQueue } from './classifier/train-pending.ts'
export { reputationStage } from './reputation/reputation-stage.ts'
export type { Fame, ReputationStore } from './reputation/reputation-store.ts'
export { similarityStage } from './similarity/similarity-stage.ts'
export type { SimilarityStage } from './similarity/similarity-stage.ts'
export type { SimilarNote, SimilarStore } from './similarity/similar-store.ts'
export { blocklistStage } from './blocklists/blocklist-stage.ts'
export type { ListsByKind } from './blocklists/blocklist-stage.ts'
export type { DnsListServices } from './blocklists/dns-list.ts'
export { dnsLists } from './blocklists/dns-lists.ts'
export type { NamedList, OwnList } from './blocklists/dns-lists.ts'
export { greylistStage, greylistTimes } from './greylist/greylist-stage.ts'
export type { GreylistOptions } from './greylist/greylist-stage.ts'
export type { Correspondence, GreylistStore, GreylistTimes } from './greylist/greylist-store.ts'
