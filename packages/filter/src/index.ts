export type {
  Direction,
  FilterClient,
  FilterMessage,
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
