// For commands, which start often and speak no SMTP: the table alone, without the server and the client.
export { allCauses, causeNamed, isCauseId, type Cause, type CauseId } from './reply-cause/cause.ts'
export type { CauseKind } from './reply-cause/cause-entry.ts'
export { causeOf } from './reply-cause/cause-of.ts'
