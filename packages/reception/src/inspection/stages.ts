import {
  builtInStages,
  DEFAULT_ATTACHMENT_POLICY,
  type AttachmentAction,
  type AttachmentClass,
  type Stage,
  type Thresholds,
} from '@posthouse/filter'
import type { FilterSettings } from '@posthouse/store'

/** The stages that these settings ask for. `stages.off` names those that are not wanted, or all. */
export function stagesFor(settings: FilterSettings): readonly Stage[] {
  const off = new Set(settings.get('stages.off'))
  if (off.has('all')) return []
  const stages = builtInStages({ attachments: attachmentPolicy(settings) })
  return stages.filter(({ name }) => !off.has(name))
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
