import type { Domain, DomainChange } from '@posthouse/store'
import { commandLineActor } from '../audit-actor.ts'
import { CliError } from '../cli-error.ts'
import { terminalOf, type ChangeOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'
import { findDomain, isAnAlias, noDomain, noTarget } from './domain-item.ts'
import { domainSettingKind } from './domain-kinds.ts'

const settings = {
  catchall: {
    values: 'an account or an alias, or nothing',
    about: 'Who gets mail for addresses that nobody has',
    valueOf: ({ catchAll }: Domain): string => catchAll?.address ?? '',
  },
  'catchall-send': {
    values: 'yes, no',
    about: 'Whether they may write as such addresses',
    valueOf: ({ catchAll }: Domain): string => (catchAll?.maySend === false ? 'no' : 'yes'),
  },
} as const
type SettingName = keyof typeof settings
const names: readonly SettingName[] = ['catchall', 'catchall-send']

/** `posthouse domain set DOMAIN NAME=VALUE …`; without any it shows what is set. */
export async function setDomain(
  name: string,
  texts: readonly string[],
  options: ChangeOptions,
): Promise<void> {
  const terminal = terminalOf(options)
  const changes = texts.map(changeOf)
  await withStore(options, async (store) => {
    const domain = await findDomain(store, name)
    if (domain.aliasOf !== undefined) throw isAnAlias(domain)
    const isRehearsal = options.dryRun === true
    if (changes.length > 0) {
      const change: DomainChange = Object.assign({}, ...changes)
      const by = commandLineActor()
      const outcome = await store.domains.change(domain.name, change, by, { isRehearsal })
      if (outcome === 'not-found') throw noDomain(name)
      if (outcome === 'alias') throw isAnAlias(await findDomain(store, name))
      if (outcome === 'unknown-target') throw noTarget(change.catchAll?.address ?? '')
      if (isRehearsal) return terminal.talk(`Would set ${texts.join(' ')} for ${domain.name}`)
    }
    const now = await findDomain(store, name)
    const items = names.map((setting) => {
      const { values, about, valueOf } = settings[setting]
      return { id: setting, fields: { setting, value: valueOf(now), values, about } }
    })
    terminal.list(domainSettingKind, items, ['setting', 'value', 'values', 'about'])
    if (changes.length > 0) terminal.next(`posthouse alias resolve anybody@${domain.name}`)
  })
}

function changeOf(text: string): DomainChange {
  const at = text.indexOf('=')
  const name = names.find((each) => each === text.slice(0, Math.max(at, 0)))
  const value = text.slice(at + 1)
  if (at === -1)
    throw new CliError(
      'usage',
      'setting.form',
      `"${text}" is not NAME=VALUE`,
      'NAME= takes it away',
    )
  switch (name) {
    case 'catchall':
      return { catchAll: { address: value === '' ? undefined : value } }
    case 'catchall-send':
      if (value === 'yes' || value === 'no' || value === '')
        return { catchAllMaySend: value !== 'no' }
      throw new CliError('usage', 'setting.value', `"${value}" is neither yes nor no`)
    case undefined:
      throw new CliError(
        'usage',
        'setting.unknown',
        `There is no setting "${text.slice(0, at)}"`,
        `they are ${names.join(', ')}`,
      )
  }
}
