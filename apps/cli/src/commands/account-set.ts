import {
  readSettingChange,
  settingNames,
  settingSpecs,
  type AccountSettings,
  type SettingChange,
} from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { kind } from '../output/kind.ts'
import { string, stringOrNumber } from '../output/shape.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'

/** A setting. */
const accountSettingKind = kind('AccountSetting', 'a setting of an account', {
  setting: string,
  value: stringOrNumber,
  values: string,
  about: string,
})

/** `posthouse account set ADDRESS NAME=VALUE …`; without any it shows what is set. */
export async function setAccountSettings(
  address: string,
  texts: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  const changes = texts.map(changeOf)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    if (options.dryRun === true && changes.length > 0)
      return terminal.talk(`Would set ${texts.join(' ')} for ${account.address}`)
    if (changes.length > 0)
      await store.accountSettings.change(account.address, changes, commandLineActor())
    const items = itemsOf(await store.accountSettings.of(account.id))
    terminal.list(accountSettingKind, items, ['setting', 'value', 'values', 'about'])
    if (changes.length > 0) terminal.talk('Sessions that begin from now on go by this.')
  })
}

function changeOf(text: string): SettingChange {
  const reading = readSettingChange(text)
  if (reading.ok) return reading.change
  switch (reading.reason) {
    case 'form':
      throw new CliError(
        'usage',
        'setting.form',
        `"${text}" is not NAME=VALUE`,
        'NAME= is the default',
      )
    case 'name':
      throw new CliError(
        'usage',
        'setting.unknown',
        `There is no setting "${text.split('=')[0]}"`,
        `they are ${settingNames.join(', ')}`,
      )
    case 'value':
      throw new CliError(
        'usage',
        'setting.value',
        `"${text}" is not a value of it`,
        `${reading.name}: ${settingSpecs[reading.name].values}`,
      )
  }
}

function shown(value: string | number | readonly string[] | undefined): string | number {
  if (value === undefined) return ''
  if (value === Infinity) return 'never'
  return typeof value === 'object' ? value.join(',') : value
}

function itemsOf(settings: AccountSettings) {
  return settingNames.map((setting) => {
    const { about, values } = settingSpecs[setting]
    return { id: setting, fields: { setting, value: shown(settings[setting]), values, about } }
  })
}
