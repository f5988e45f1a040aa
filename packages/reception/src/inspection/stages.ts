import {
  blocklistStage,
  builtInStages,
  classifierStage,
  DEFAULT_ATTACHMENT_POLICY,
  greylistStage,
  reputationStage,
  scannerStages,
  similarityStage,
  type AttachmentAction,
  type AttachmentClass,
  type ListsByKind,
  type SimilarityStage,
  type Stage,
  type Thresholds,
} from '@posthouse/filter'
import type { FilterSettings, Store } from '@posthouse/store'

/** What stages need of the house. */
export interface StageServices {
  readonly store: Pick<Store, 'learning' | 'greylist'>
  /** DNS lists that are asked; absent: none. */
  readonly lists?: ListsByKind
}

/** The stages of one moment's settings. */
export interface SettledStages {
  readonly stages: readonly Stage[]
  /** The one that is told of spam without doubt; absent: switched off. */
  readonly similarity?: SimilarityStage
}

/** The stages that these settings ask for. `stages.off` names those that are not wanted, or all. */
export function stagesFor(settings: FilterSettings, services: StageServices): SettledStages {
  const off = new Set<string>(settings.get('stages.off'))
  if (off.has('all')) return { stages: [] }
  const { learning } = services.store
  const similarity = similarityStage(learning.similar)
  const { addresses, domains } = services.lists ?? { addresses: [], domains: [] }
  const stages = [
    ...builtInStages({ attachments: attachmentPolicy(settings), urlLists: domains }),
    classifierStage(learning.tokens),
    reputationStage(learning.reputation),
    similarity,
    ...(addresses.length + domains.length === 0 ? [] : [blocklistStage({ addresses, domains })]),
    ...scannerStages(settings),
    ...(settings.get('greylist') === 'on' ? [greylisting(settings, services)] : []),
  ]
  return {
    stages: stages.filter(({ name }) => !off.has(name)),
    ...(!off.has(similarity.name) && { similarity }),
  }
}

/** Points from which on something happens to mail from the world. */
export function inboundThresholds(settings: FilterSettings): Thresholds {
  return {
    tag: settings.get('inbound.tag'),
    junk: settings.get('inbound.junk'),
    quarantine: settings.get('inbound.quarantine'),
    reject: settings.get('inbound.reject'),
  }
}

/** Mail of our own users goes out or is refused to them: there is no Junk on the way out. */
export function outboundThresholds(settings: FilterSettings): Thresholds {
  return {
    tag: settings.get('outbound.tag'),
    junk: Infinity,
    reject: settings.get('outbound.reject'),
  }
}

/** Between what is let in without a word and what is refused anyway. */
function greylisting(settings: FilterSettings, { store }: StageServices): Stage {
  const { tag, junk, reject = Infinity } = inboundThresholds(settings)
  return greylistStage({
    greylist: store.greylist,
    correspondence: store.learning.reputation,
    ambiguous: [Math.min(tag, junk), reject],
  })
}

function attachmentPolicy(settings: FilterSettings): Record<AttachmentClass, AttachmentAction> {
  const policy = { ...DEFAULT_ATTACHMENT_POLICY }
  for (const name of Object.keys(policy).filter(isClass)) {
    policy[name] = settings.get(`attachments.${name}`)
  }
  return policy
}

function isClass(name: string): name is AttachmentClass {
  return Object.hasOwn(DEFAULT_ATTACHMENT_POLICY, name)
}
