import type { ListDefinition } from './list-definition.ts'

/**
 * Lists that can be named in the configuration, with what their answers mean by their operators' own pages. None is asked
 * unless it is named: each learns from our questions who writes to us, and each has conditions of use.
 */
export const knownLists: readonly ListDefinition[] = [
  {
    name: 'spamhaus-zen',
    zone: 'zen.spamhaus.org',
    kind: 'address',
    codes: [
      { code: '127.0.0.2', points: 4, meaning: 'a source of spam (SBL)' },
      { code: '127.0.0.3', points: 3, meaning: 'a source of spam (CSS)' },
      { code: '127.0.0.4-7', points: 4, meaning: 'a host that somebody else controls (XBL)' },
      { code: '127.0.0.9', points: 5, meaning: 'a network of criminals (DROP)' },
      { code: '127.0.0.10-11', points: 2.5, meaning: 'an address that should send no mail (PBL)' },
    ],
  },
  {
    name: 'spamcop',
    zone: 'bl.spamcop.net',
    kind: 'address',
    codes: [{ code: '127.0.0.2', points: 2, meaning: 'reported by people who got spam from it' }],
  },
  {
    name: 'psbl',
    zone: 'psbl.surriel.com',
    kind: 'address',
    codes: [{ code: '127.0.0.2', points: 1.5, meaning: 'it sent mail to a trap' }],
  },
  {
    name: 'dnswl',
    zone: 'list.dnswl.org',
    kind: 'address',
    codes: [
      { code: '127.0.*.1', points: -0.5, meaning: 'a mail host of low reputation' },
      { code: '127.0.*.2', points: -1.5, meaning: 'a mail host of good reputation' },
      { code: '127.0.*.3', points: -3, meaning: 'a mail host of high reputation' },
    ],
  },
  {
    name: 'spamhaus-dbl',
    zone: 'dbl.spamhaus.org',
    kind: 'domain',
    testPoint: 'dbltest.com',
    clearPoint: 'example.com',
    codes: [
      { code: '127.0.1.2', points: 4, meaning: 'a domain of spammers' },
      { code: '127.0.1.4', points: 5, meaning: 'a domain of phishers' },
      { code: '127.0.1.5', points: 5, meaning: 'a domain with malware' },
      { code: '127.0.1.6', points: 5, meaning: 'a domain that commands stolen hosts' },
      { code: '127.0.1.102-106', points: 2, meaning: 'an honest domain that is abused' },
    ],
  },
  {
    name: 'surbl',
    zone: 'multi.surbl.org',
    kind: 'domain',
    takesAddresses: true,
    testPoint: 'test.surbl.org',
    clearPoint: 'example.com',
    codes: [
      { code: '127.0.0.&8', points: 5, meaning: 'a domain of phishers' },
      { code: '127.0.0.&16', points: 5, meaning: 'a domain with malware' },
      { code: '127.0.0.&64', points: 4, meaning: 'a domain of spammers' },
      { code: '127.0.0.&128', points: 2, meaning: 'an honest domain that was broken into' },
    ],
  },
  {
    name: 'uribl',
    zone: 'multi.uribl.com',
    kind: 'domain',
    takesAddresses: true,
    testPoint: '2.0.0.127',
    clearPoint: 'example.com',
    codes: [
      { code: '127.0.0.&2', points: 3.5, meaning: 'a domain of spammers' },
      { code: '127.0.0.&8', points: 1.5, meaning: 'a domain that spammers seem to use' },
    ],
  },
]
