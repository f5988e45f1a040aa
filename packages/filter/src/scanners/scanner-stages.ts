import type { OnFailure } from '../stage.ts'
import { clamdStage } from './clamd-stage.ts'
import { rspamdStage } from './rspamd-stage.ts'
import { scannerAddress } from './scanner-address.ts'
import type { ScannerStage } from './scanner-stage.ts'
import { spamdStage } from './spamd-stage.ts'

/** What an operator sets of scanners. An empty address, or one that is none: not asked. */
export interface ScannerSettingValues {
  readonly 'clamd.address': string
  readonly 'clamd.max-bytes': number
  readonly 'clamd.on-failure': OnFailure
  readonly 'clamd.too-large': 'note' | 'fail'
  readonly 'rspamd.url': string
  readonly 'rspamd.on-failure': OnFailure
  readonly 'rspamd.weight': number
  readonly 'spamd.address': string
  readonly 'spamd.on-failure': OnFailure
  readonly 'spamd.weight': number
}

/** Settings by name, as the store has them. */
export interface ScannerSettings {
  get<Name extends keyof ScannerSettingValues>(name: Name): ScannerSettingValues[Name]
}

/** The scanners that these settings name. */
export function scannerStages(settings: ScannerSettings): readonly ScannerStage[] {
  const clamd = scannerAddress(settings.get('clamd.address'))
  const spamd = scannerAddress(settings.get('spamd.address'))
  const url = settings.get('rspamd.url')
  const clamdOptions = {
    maxBytes: settings.get('clamd.max-bytes'),
    onFailure: settings.get('clamd.on-failure'),
    tooLarge: settings.get('clamd.too-large'),
  }
  const rspamdOptions = {
    url,
    onFailure: settings.get('rspamd.on-failure'),
    believed: { weight: settings.get('rspamd.weight') },
  }
  const spamdOptions = {
    onFailure: settings.get('spamd.on-failure'),
    believed: { weight: settings.get('spamd.weight') },
  }
  return [
    ...(clamd === undefined ? [] : [clamdStage({ address: clamd, ...clamdOptions })]),
    ...(URL.canParse(url) ? [rspamdStage(rspamdOptions)] : []),
    ...(spamd === undefined ? [] : [spamdStage({ address: spamd, ...spamdOptions })]),
  ]
}
