export { ImapSyntaxError, type RefusalCode } from './syntax-error.ts'
export { type LiteralMarker, literalMarker, type Segment } from './segment.ts'
export { Cursor, type CursorOptions, type ParseResult, parseWith } from './cursor.ts'
export { type CommandStart, commandStart, peekCommand } from './command-start.ts'
export {
  acceptSpace,
  atom,
  end,
  list,
  opensList,
  optionalList,
  skipSpaces,
  space,
  word,
} from './words.ts'
export {
  anyLiteral,
  astring,
  literal,
  nstring,
  quoted,
  startsString,
  string,
  textAstring,
  utf8Text,
} from './strings.ts'
export { maxNumber, modSequence, number, nzNumber } from './numbers.ts'
export {
  formatRange,
  formatSequenceSet,
  formatUidSet,
  intersectIntervals,
  type Interval,
  intervalsInclude,
  intervalsOf,
  knownSet,
  largestNamed,
  type NumberRange,
  resolveSet,
  sequenceNumber,
  type SequenceSet,
  sequenceSet,
  type SetEdge,
  type SetRange,
  startsSequenceSet,
  uidSetPieces,
  usesStar,
} from './sequence-set.ts'
export { decodeModifiedUtf7, encodeModifiedUtf7 } from './modified-utf7.ts'
export { encodeMailbox, isInbox, listPattern, mailbox, referenceName } from './mailbox-name.ts'
export { compileListPattern, type ListPattern } from './list-pattern.ts'
export { date, dateTime, formatDate, formatDateTime, startsDateTime } from './dates.ts'
export {
  flag,
  flagList,
  isKeyword,
  keyword,
  maxKeywordOctets,
  type StoreAction,
  storeAction,
  systemFlags,
  useAttributes,
} from './flags.ts'
export {
  formatSection,
  type Partial,
  partial,
  type Section,
  section,
  type SectionText,
} from './section.ts'
export {
  type BinaryItem,
  type FetchItem,
  fetchItems,
  type PlainItem,
  setsSeen,
} from './fetch-items.ts'
export {
  formatResultRange,
  resolveResultRange,
  type ResultRange,
  resultRange,
} from './result-range.ts'
export {
  type FetchModifiers,
  fetchModifiers,
  type StoreModifiers,
  storeModifiers,
} from './modifiers.ts'
export { type QresyncArguments, type SelectArguments, selectArguments } from './select-arguments.ts'
export { type SearchReturn, searchReturn } from './search-return.ts'
export {
  type SortArguments,
  sortArguments,
  type SortCriterion,
  type SortKey,
  type ThreadAlgorithm,
  type ThreadArguments,
  threadArguments,
} from './sort-arguments.ts'
export {
  asksForModSeq,
  maxSearchDepth,
  searchCharsets,
  type SearchField,
  type SearchKey,
  searchKeyNames,
  searchProgram,
} from './search-keys.ts'
export { type StatusItem, statusItemNames, statusItems } from './status-items.ts'
export {
  type ListArguments,
  listArguments,
  type ListReturn,
  type ListSelection,
  lsubArguments,
} from './list-arguments.ts'
export {
  announcesMessage,
  type AppendArguments,
  appendArguments,
  type AppendMessage,
  appendMessage,
  carriesMessage,
  messageTarget,
  type ReplaceArguments,
  replaceArguments,
} from './append-arguments.ts'
export {
  type AuthenticateArguments,
  authenticateArguments,
  compressArguments,
  type CopyArguments,
  copyArguments,
  type CreateArguments,
  createArguments,
  enableArguments,
  idParameters,
  loginArguments,
  renameArguments,
} from './session-arguments.ts'
export {
  formatAstring,
  formatLiteral,
  formatMailbox,
  formatNstring,
  formatString,
  literalHeader,
} from './format-strings.ts'
export {
  formatCode,
  formatContinuation,
  formatTagged,
  formatUntaggedStatus,
  type PlainCode,
  type ResponseCode,
  type StatusWord,
} from './format-status.ts'
export {
  formatCapability,
  formatEnabled,
  formatExists,
  formatFlags,
  formatId,
  formatList,
  formatNamespace,
  formatRecent,
  formatStatus,
  formatVanished,
  type ListEntry,
  type Namespace,
  type SearchDatum,
  startEsearch,
} from './format-data.ts'
export { formatQuota, formatQuotaRoot, type QuotaResource } from './format-quota.ts'
