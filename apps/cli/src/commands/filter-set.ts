import {
  filterSettingNames,
  filterSettingSpecs,
  readFilterSetting,
  type FilterSettingChange,
  type FilterSettings,
} from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { oneOf, string, stringOrNumber } from '../output/shape.ts'
import { withStore } from '../with-store.ts'

/** A setting. */
const filterSettingKind = kind('FilterSetting', 'a setting of the filter', {
  setting: string,
  value: stringOrNumber,
  default: oneOf('yes', 'no'),
  values: string,
  about: string,
})

/** `posthouse filter set NAME=VALUE …`; without any it shows what is set. */
export async function setFilterSettings(
  texts: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  const changes = texts.map(changeOf)
  await withStore(options, async (store) => {
    if (options.dryRun === true && changes.length > 0)
      return terminal.talk(`Would set ${texts.join(' ')}`)
    if (changes.length > 0) await store.filterSettings.change(changes, commandLineActor())
    const items = itemsOf(await store.filterSettings.current())
    terminal.list(filterSettingKind, items, ['setting', 'value', 'values', 'about'])
    if (changes.length === 0) return
    terminal.talk('Mail that comes from now on is judged by this.')
    terminal.next('posthouse filter status')
  })
}

function changeOf(text: string): FilterSettingChange {
  const reading = readFilterSetting(text)
  if (reading.ok) return reading.change
  switch (reading.reason) {
    case 'form': {
      const hint = 'NAME= is the default'
      throw new CliError('usage', 'setting.form', `"${text}" is not NAME=VALUE`, hint)
    }
    case 'name': {
      const hint = 'posthouse filter set lists them'
      const message = `There is no setting "${text.split('=')[0]}"`
      throw new CliError('usage', 'setting.unknown', message, hint)
    }
    case 'value': {
      const { values } = filterSettingSpecs[reading.name]
      const hint = `${reading.name}: ${values}`
      throw new CliError('usage', 'setting.value', `"${text}" is not a value of it`, hint)
    }
  }
}

function itemsOf(settings: FilterSettings) {
  return filterSettingNames.map((setting) => {
    const { about, values } = filterSettingSpecs[setting]
    const isDefault = settings.isSet(setting) ? ('no' as const) : ('yes' as const)
    const value = shown(settings.get(setting))
    return { id: setting, fields: { setting, value, default: isDefault, values, about } }
  })
}

/** A setting's value as it is written. */
export function shown(value: string | number | readonly string[]): string | number {
  if (value === Infinity) return 'never'
  return typeof value === 'object' ? value.join(',') : value
}
