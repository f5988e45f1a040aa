import { Secret } from '@posthouse/config'
import type { CommandWorld } from './command-world.ts'

/** What a command's examples need, and how they end. Nothing of it is needed by most. */
export interface CommandFixture {
  /** Done before each of its examples. */
  readonly prepare?: (world: CommandWorld) => Promise<unknown>
  /** Words that are put in the place of others, and words behind them. */
  readonly words?: (world: CommandWorld) => {
    readonly instead?: Readonly<Record<string, string>>
    readonly more?: readonly string[]
  }
  /** Exit codes beside 0 that are its answer here: 3, a check found something. */
  readonly ends?: readonly number[]
  /** It prints no JSON: why. */
  readonly plain?: string
  /** What it makes cannot be made twice, and nothing tells beforehand: it is run once, for its JSON. */
  readonly once?: boolean
  /** It goes on until Ctrl-C. */
  readonly follows?: boolean
  /** The test that runs it instead, because this world is not one for it. */
  readonly elsewhere?: string
}

/** A key of this name, which examples use. */
async function withKey({ store, actor }: CommandWorld): Promise<void> {
  const request = { algorithm: 'ed25519', selector: 'p2026a' } as const
  await store.dkimKeys.create('example.org', request, actor)
}

const queued: CommandFixture = { prepare: (world) => world.queueMail() }
const held: CommandFixture = {
  prepare: async (world) => {
    const queueIds = [await world.queueMail()]
    const why = { by: 'operator', because: 'a test' } as const
    await world.store.queue.hold({ queueIds }, why, world.actor)
  },
}
const keptAside: CommandFixture = { prepare: (world) => world.keepAside() }
/** Other names, so that the domains of this world stay what they are. */
const otherDomains: CommandFixture = {
  words: () => ({
    instead: {
      'example.org': 'new.example',
      'example.net': 'other.example',
      'you@example.org': 'ada@example.org',
    },
  }),
}
/** An alias of example.org, without taking example.net from the world outside. */
const aliasDomain: CommandFixture = {
  words: () => ({ instead: { 'example.net': 'alias.example' } }),
}
/** Certificates come from no authority here. */
const withoutAuthority: CommandFixture = { ends: [6] }
/** Nobody answers from DNS here. */
const withoutDns: CommandFixture = { ends: [3, 7, 8] }

/**
 * By the command's words. A command that is not here runs its examples in the world as they stand and ends with 0: give it a
 * line here only where that cannot be.
 */
export const commandFixtures: Readonly<Record<string, CommandFixture>> = {
  setup: { elsewhere: 'apps/cli/src/commands/setup.test.ts' },
  up: { elsewhere: 'tests/journeys/lifecycle.test.ts' },
  'backup restore': { elsewhere: 'apps/cli/src/commands/backup.test.ts' },
  'backup create': { once: true },
  'mailbox export-message': { once: true },
  'domain add': otherDomains,
  'domain remove': {
    prepare: (world) => world.store.domains.create('empty.example', world.actor),
    words: () => ({ instead: { 'example.org': 'empty.example' } }),
  },
  'domain set': {
    words: () => ({ instead: { 'catchall=you@example.org': 'catchall=ada@example.org' } }),
  },
  'domain disable': { words: () => ({ more: ['--yes'] }) },
  'domain alias add': aliasDomain,
  'domain alias remove': {
    words: () => ({ instead: { 'example.net': 'alias.example' }, more: ['--yes'] }),
  },
  'tls issue': withoutAuthority,
  'tls renew': withoutAuthority,
  completion: { plain: 'it prints a script' },
  'log tail': { follows: true },
  status: { ends: [3] },
  doctor: { ends: [3] },
  diagnose: withoutDns,
  probe: withoutDns,
  'route test': withoutDns,
  'dns check': withoutDns,
  'dane check': withoutDns,
  'mtasts check': withoutDns,
  'dkim verify': { ends: [3] },
  'dkim create': {
    prepare: async ({ store, actor }) => {
      for (const key of await store.dkimKeys.list('example.org'))
        await store.dkimKeys.retire(key, { now: true }, actor)
    },
  },
  'dkim show': { ends: [8], prepare: withKey },
  'dkim retire': { prepare: withKey },
  'dkim list': { ends: [3] },
  'auth check': { ends: [3] },
  'auth spf': withoutDns,
  'auth dmarc': withoutDns,
  'account disable': { words: () => ({ instead: { 'ada@example.org': 'bob@example.org' } }) },
  'account rename': {
    prepare: async ({ store, actor }) => {
      const password = new Secret('a password of eve')
      await store.accounts.create({ address: 'eve@example.org', password }, actor)
    },
    words: () => ({ instead: { 'ada@example.org': 'eve@example.org' }, more: ['--yes'] }),
  },
  'forward resume': {
    prepare: ({ store, actor }) => {
      const forward = { targets: ['ada@example.net'], keepsCopy: true }
      return store.forwards.set('ada@example.org', forward, actor)
    },
  },
  'account test-login': { prepare: (world) => world.resetPassword() },
  'import imap': {
    prepare: (world) => world.resetPassword(),
    words: ({ suite }) => ({
      instead: { 'imap.example.net': '127.0.0.1', bob: 'ada@example.org' },
      more: ['--port', String(suite.ports.imaps), '--any-certificate'],
    }),
  },
  'app-password revoke': {
    prepare: async (world) => {
      const request = { account: 'ada@example.org', name: 'Phone' }
      const made = await world.store.appPasswords.create(request, world.actor)
      if (!made.ok) throw new Error(made.reason)
      world.mean('APP-PASSWORD-ID', made.appPassword.id)
    },
  },
  'quarantine list': keptAside,
  'quarantine show': keptAside,
  'quarantine release': keptAside,
  'quarantine delete': keptAside,
  'queue list': queued,
  'queue show': queued,
  'queue stats': queued,
  'queue retry': queued,
  'queue hold': queued,
  'queue release': held,
  'queue drop': queued,
  'queue fail': queued,
  'queue redirect': queued,
  'queue rules remove': {
    prepare: async (world) => {
      const predicate = { senderDomain: 'example.org', because: 'a test' }
      const { rule } = await world.store.queue.addRule(predicate, world.actor)
      world.mean('RULE-ID', String(rule.id))
    },
  },
  trace: {
    prepare: async (world) => {
      await world.keepAside()
      await world.queueMail()
    },
  },
}
