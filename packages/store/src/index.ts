export { accountId, mailboxId, messageId, modSeq, uid } from './ids.ts'
export type { AccountId, MailboxId, MessageId, ModSeq, Uid } from './ids.ts'
export type * from './delivery.ts'
export type * from './mailboxes.ts'
export type * from './mailbox-view.ts'
export type * from './open-mailbox.ts'
export type * from './accounts.ts'
export { verdict } from './search-dictionary.ts'
export { keptFieldCharacters } from './search-fields.ts'
export type { IndexedField, SearchTerm } from './search-fields.ts'
export type { SearchLookup } from './search-lookup.ts'
export type {
  AccountSettings,
  AllAccountSettings,
  SettingChange,
  SettingName,
  SettingReading,
  SettingSpec,
} from './account-settings.ts'
export { readSettingChange, settingNames, settingSpecs } from './account-settings.ts'
export type {
  AccountFilter,
  FilterSettingChange,
  FilterSettingName,
  FilterSettingReading,
  FilterSettingStore,
  FilterSettingValues,
} from './filter-settings.ts'
export {
  filterSettingNames,
  FilterSettings,
  filterSettingSpecs,
  readFilterSetting,
} from './filter-settings.ts'
export type * from './filter-learning.ts'
export type { Greylist, GreylistTimes } from './greylist-table.ts'
export type { FilterRule, FilterRules } from './filter-settings-rules.ts'
export type { AttachmentAction, FailureAction } from './filter-settings-specs.ts'
export type * from './pop3-sessions.ts'
export type * from './profile-links.ts'
export { stsModes } from './sts-serving.ts'
export type * from './sts-serving.ts'
export type * from './aliases.ts'
export { appPasswordProtocols } from './app-passwords.ts'
export type * from './app-passwords.ts'
export type * from './audit.ts'
export type * from './autoreplies.ts'
export type * from './forwards.ts'
export { publicKeyPin } from './certificate-table.ts'
export type * from './certificates.ts'
export { dkimAlgorithms } from './dkim-keys.ts'
export type * from './dkim-keys.ts'
export type * from './domains.ts'
export type * from './grants.ts'
export type * from './network-rules.ts'
export type * from './sign-ins.ts'
export type * from './pace.ts'
export type * from './quarantine.ts'
export type * from './queue.ts'
export type * from './queue-filter.ts'
export type * from './queue-operations.ts'
export type * from './queue-pauses.ts'
export type * from './queue-rules.ts'
export type * from './queue-stats.ts'
export type * from './quotas.ts'
export type * from './imports.ts'
export type * from './queue-submission.ts'
export type * from './relays.ts'
export { matchesPattern } from './relay-pattern.ts'
export type * from './resolution.ts'
export type * from './address-trail.ts'
export type * from './sending.ts'
export { reasonToContain, suspicionLimits, suspicionsOf } from './suspicion.ts'
export { domainKey, formatStoreAddress, parseStoreAddress } from './address.ts'
export type { StoreAddress } from './address.ts'
export { SecretKeyUnfit } from './sealer.ts'
export { StoreUnavailable } from './unavailable.ts'
export type { UnavailableReason } from './unavailable.ts'
export { newUuid, uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'
export type * from './store.ts'
export type * from './suppressions.ts'
export type * from './tls-ledger.ts'
export type * from './trace.ts'
export type * from './verdicts.ts'
export { migrate } from './migrate.ts'
export type { MigrationReport } from './migrate.ts'
export { readMigrations, schemaChecksum, SchemaMismatch } from './migrations.ts'
export type { Migration } from './migrations.ts'
export { UnsuitableDatabase } from './server-check.ts'
export { openStore } from './open-store.ts'
export type { OpenStoreOptions } from './open-store.ts'
export type { LoginLimits } from './login-limits.ts'
export { delayNoticeSeconds, retryDelaySeconds } from './queue-schedule.ts'
export { createBackup } from './backup/create-backup.ts'
export { restoreBackup } from './backup/restore-backup.ts'
export { verifyBackup } from './backup/verify-backup.ts'
export type { VitalSigns } from './vital-signs.ts'
export { UnfitBackup } from './backup/manifest.ts'
export type { Manifest } from './backup/manifest.ts'
