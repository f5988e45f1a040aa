import { attachmentStage } from './attachments/attachment-stage.ts'
import type { AttachmentPolicy } from './attachments/policy.ts'
import { authenticationStage } from './authentication/authentication-stage.ts'
import { headerStage } from './forensics/header-stage.ts'
import { gtubeStage } from './gtube.ts'
import { linkStage } from './links/link-stage.ts'
import { type DomainList, urlListStage } from './links/url-list-stage.ts'
import { mimeStage } from './mime/mime-stage.ts'
import type { Stage } from './stage.ts'

/** What an installation may have otherwise. */
export interface BuiltInOptions {
  /** Classes of attachments that are treated otherwise than by default. */
  readonly attachments?: Partial<AttachmentPolicy>
  /** Lists of domains that links lead to. */
  readonly urlLists?: readonly DomainList[]
}

/** The stages that need no service and keep nothing. */
export function builtInStages(options: BuiltInOptions = {}): readonly Stage[] {
  const { urlLists = [] } = options
  return [
    gtubeStage(),
    headerStage(),
    mimeStage(),
    linkStage(),
    attachmentStage(options.attachments),
    authenticationStage(),
    ...(urlLists.length === 0 ? [] : [urlListStage(urlLists)]),
  ]
}
