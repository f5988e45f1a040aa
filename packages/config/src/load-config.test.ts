import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { ConfigError } from './config-error.ts'
import { loadConfig } from './load-config.ts'
import { Secret } from './secret.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'))
})
after(() => rm(folder, { recursive: true, force: true }))

let lastFile = 0
async function fileWith(text: string): Promise<string> {
  const file = join(folder, `${++lastFile}.toml`)
  await writeFile(file, text)
  return file
}

async function failure(text: string, env = {}): Promise<ConfigError> {
  const file = await fileWith(text)
  try {
    loadConfig({ file, env })
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error
  }
  return assert.fail('it was accepted')
}

test('without a file and variables it is what `npm start` needs', () => {
  const config = loadConfig({ env: {} })
  assert.equal(config.dataDir, resolve('var'))
  assert.deepEqual(config.bind, ['127.0.0.1', '::1'])
  assert.deepEqual(config.ports, {
    mx: 2525,
    submission: 2587,
    submissions: 2465,
    imap: 2143,
    imaps: 2993,
    pop3: 2110,
    pop3s: 2995,
    http: 2080,
    https: 2443,
  })
  assert.deepEqual(config.database, { kind: 'embedded' })
  assert.equal(config.tls, 'local-ca')
  assert.equal(config.auth.plaintext, 'loopback')
  assert.equal(config.limits.messageBytes, 52_428_800)
  assert.equal(config.unsafeDatabase, false)
  assert.equal(config.faultPoints, undefined)
})

test('the file sets keys, and the environment stands over it', async () => {
  const file = await fileWith(`
hostname = "mail.example.test"
data = "/srv/posthouse"
bind = ["0.0.0.0"]
[ports]
imap = 143
pop3 = 110
[database]
url = "postgres://user:geheim@db/posthouse"
[tls]
cert = "/etc/cert.pem"
key = "/etc/key.pem"
[auth]
plaintext = "never"
[dns]
servers = ["192.0.2.53", "[2001:db8::53]:5353"]
trusted = ["192.0.2.53"]
`)
  const env = {
    POSTHOUSE_PORT_IMAP: '1143',
    POSTHOUSE_BIND: '127.0.0.1, ::1',
    POSTHOUSE_DATA: '/tmp/else',
    POSTHOUSE_UNSAFE_DB: '1',
    POSTHOUSE_HOSTNAME: '',
    POSTHOUSE_FAULT_POINTS: 'a.b=kill',
  }
  const config = loadConfig({ file, env })
  assert.equal(config.hostname, 'mail.example.test')
  assert.equal(config.dataDir, '/tmp/else')
  assert.deepEqual(config.bind, ['127.0.0.1', '::1'])
  assert.equal(config.ports.imap, 1143)
  assert.equal(config.ports.pop3, 110)
  assert.equal(config.ports.mx, 2525)
  assert.deepEqual(config.tls, { certFile: '/etc/cert.pem', keyFile: '/etc/key.pem' })
  assert.equal(config.auth.plaintext, 'never')
  assert.equal(config.unsafeDatabase, true)
  assert.equal(config.faultPoints, 'a.b=kill')
  assert.deepEqual(config.dns.servers, ['192.0.2.53', '[2001:db8::53]:5353'])
  assert.deepEqual(config.dns.trusted, ['192.0.2.53'])
  assert.ok(config.database.kind === 'url')
  assert.equal(config.database.url.reveal(), 'postgres://user:geheim@db/posthouse')
  assert.ok(!inspect(config, { depth: 9 }).includes('geheim'))
  assert.ok(!JSON.stringify(config).includes('geheim'))
})

test('the file is that of POSTHOUSE_CONFIG, or posthouse.toml in the data folder', async () => {
  const file = await fileWith('hostname = "by.variable.test"')
  assert.equal(loadConfig({ env: { POSTHOUSE_CONFIG: file } }).hostname, 'by.variable.test')
  await writeFile(join(folder, 'posthouse.toml'), 'hostname = "in.data.test"')
  assert.equal(loadConfig({ env: { POSTHOUSE_DATA: folder } }).hostname, 'in.data.test')
  assert.throws(() => loadConfig({ file: join(folder, 'absent.toml'), env: {} }), ConfigError)
})

test('networks are addresses or CIDR, and what is neither is an error with its name', async () => {
  const good = await fileWith(
    '[proxy]\nnetworks = ["10.0.0.0/8", "::1"]\nports = ["mx", "submissions"]\n[xclient]\nnetworks = ["127.0.0.1"]\n',
  )
  const { proxy, xclient } = loadConfig({ file: good, env: {} })
  assert.deepEqual(proxy, { networks: ['10.0.0.0/8', '::1'], ports: ['mx', 'submissions'] })
  assert.deepEqual(xclient, { networks: ['127.0.0.1'] })
  const fromEnv = loadConfig({ env: { POSTHOUSE_PROXY_NETWORKS: '192.0.2.1, 2001:db8::/32' } })
  assert.deepEqual(fromEnv.proxy.networks, ['192.0.2.1', '2001:db8::/32'])
  for (const wrong of ['"10.0.0.0/33"', '"proxy.example.test"', '"10/8"', '"::/129"']) {
    const file = await fileWith(`[proxy]\nnetworks = [${wrong}]`)
    assert.throws(() => loadConfig({ file, env: {} }), /proxy\.networks\.0 must be an IP address/)
  }
  const file = await fileWith('[proxy]\nports = ["imap"]')
  assert.throws(() => loadConfig({ file, env: {} }), /proxy\.ports\.0 must be one of mx/)
})

test('DNS lists are known names or whole definitions', async () => {
  const file = await fileWith(`
[[lists]]
use = "spamhaus-zen"
[[lists]]
name = "ours"
zone = "bl.example.test"
kind = "address"
codes = { "127.0.0.2" = 3.5 }
`)
  assert.deepEqual(loadConfig({ file, env: {} }).lists, [
    { use: 'spamhaus-zen' },
    { name: 'ours', zone: 'bl.example.test', kind: 'address', codes: { '127.0.0.2': 3.5 } },
  ])
  assert.deepEqual(loadConfig({ env: {} }).lists, [])
  for (const wrong of [
    'name = "ours"',
    'use = "x"\nzone = "bl.example.test"',
    'name = "ours"\nzone = "bl.example.test"\nkind = "address"',
  ]) {
    const bad = await fileWith(`[[lists]]\n${wrong}`)
    assert.throws(() => loadConfig({ file: bad, env: {} }), /lists\.0 needs use alone/)
  }
})

test('an unknown key is an error with a suggestion', async () => {
  const cases: readonly (readonly [string, RegExp, string])[] = [
    ['hostnmae = "x"', /unknown key hostnmae in/, 'Did you mean hostname?'],
    ['[ports]\nimpa = 1', /unknown key ports\.impa in/, 'Did you mean ports.imap?'],
    ['plaintext = "never"', /unknown key plaintext in/, 'Did you mean auth.plaintext?'],
    [
      '[log]\nzzzzzzz = 1',
      /unknown key log\.zzzzzzz/,
      'Remove it; the keys here are level, format.',
    ],
  ]
  for (const [text, message, hint] of cases) {
    const error = await failure(text)
    assert.match(error.message, message)
    assert.equal(error.hint, hint)
  }
})

test('a value that cannot be is an error that names the key, and the variable that sets it', async () => {
  const port = await failure('[ports]\nimap = 70000')
  assert.equal(port.message, 'ports.imap must be 0 to 65535')
  assert.match(port.hint, /POSTHOUSE_PORT_IMAP/)
  assert.match((await failure('hostname = "no spaces"')).message, /hostname must be a host name/)
  assert.match((await failure('bind = ["localhost"]')).message, /bind\.0 must be an IP address/)
  assert.match((await failure('[auth]\nplaintext = "yes"')).message, /"loopback" or "never"/)
  assert.match((await failure('[tls]\ncert = "/x"')).message, /tls\.key is missing/)
  assert.match((await failure('[database]\nurl = "mysql://x"')).message, /database\.url must begin/)
  assert.match((await failure('a = \n')).message, /\.toml:1:\d+: /)
})

test('extensions of IMAP are switched off by their names, in whatever letters', async () => {
  const text = '[imap]\nwithout = ["idle"]\n[[imap.clients]]\nname = "X"\nwithout = ["Move"]'
  const clients = [{ name: 'X', without: ['MOVE'] }]
  assert.deepEqual(loadConfig({ file: await fileWith(text), env: {} }).imap, {
    without: ['IDLE'],
    clients,
  })
  const env = { POSTHOUSE_IMAP_WITHOUT: 'COMPRESS=DEFLATE, sort' }
  assert.deepEqual(loadConfig({ file: await fileWith(''), env }).imap.without, [
    'COMPRESS=DEFLATE',
    'SORT',
  ])
  const { message } = await failure('[imap]\nwithout = ["SRT"]')
  assert.equal(message, 'imap.without.0 is "SRT"; the names include SORT')
})

test('a variable that cannot be is an error that names it', async () => {
  assert.match(
    (await failure('', { POSTHOUSE_PORT_IMAP: 'x' })).message,
    /POSTHOUSE_PORT_IMAP is "x"/,
  )
  assert.match((await failure('', { POSTHOUSE_UNSAFE_DB: '2' })).message, /neither 1 nor 0/)
  const listener = await failure('', { POSTHOUSE_PORT_IMPA: '1' })
  assert.equal(listener.hint, 'Did you mean POSTHOUSE_PORT_IMAP?')
})

test('a secret shows itself only when asked', () => {
  const secret = new Secret('geheim')
  assert.equal(secret.reveal(), 'geheim')
  const shown = [secret.toString(), JSON.stringify({ secret }), inspect({ secret })]
  for (const text of shown) assert.ok(text.includes('[redacted]') && !text.includes('geheim'), text)
})

test('mail programs are told of the name and the ports of the server, unless the world knows it by others', async () => {
  const own = loadConfig({ file: await fileWith('hostname = "Mail.example.test"'), env: {} })
  assert.deepEqual(own.clients, { publicHost: 'mail.example.test', publicPorts: own.ports })
  const text = `[clients]
public_host = "mail.example.net"
public_ports = { imaps = 993, pop3s = 0 }
name = "Example Mail"`
  const { clients, ports } = loadConfig({ file: await fileWith(text), env: {} })
  assert.deepEqual(clients, {
    publicHost: 'mail.example.net',
    publicPorts: { ...ports, imaps: 993, pop3s: 0 },
    name: 'Example Mail',
  })
  const bad = await fileWith('[clients]\nname = "a\\u0000b"')
  assert.throws(() => loadConfig({ file: bad, env: {} }), /clients\.name must be 1 to 60/)
})

async function load(text: string) {
  return loadConfig({ file: await fileWith(text), env: {} })
}

test('an authority is asked where tls.source says so, with defaults for all but the host name', async () => {
  const named = 'hostname = "mail.example.org"\n[tls]\nsource = "acme"\n'
  const { tls, acme } = await load(named)
  assert.equal(tls, 'local-ca')
  assert.deepEqual(acme, {
    directory: 'https://acme-v02.api.letsencrypt.org/directory',
    challenge: 'http-01',
    keys: 'stable',
    keyType: 'ecdsa',
    httpPort: 80,
    tlsPort: 443,
  })
  const dns = `${named}acme_challenge = "dns-01"\ndns_server = "192.0.2.53"\ndns_key_file = "/k"\n`
  assert.deepEqual((await load(dns)).acme?.dns, { server: '192.0.2.53', keyFile: '/k' })
  assert.equal((await load('[tls]\nsource = "local"')).acme, undefined)
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['[tls]\nsource = "acme"', /certificate for localhost/],
    ['[tls]\nsource = "files"', /tls\.cert is missing/],
    ['[tls]\nsource = "local"\ncert = "/c"\nkey = "/k"', /tls\.cert is set/],
    ['[tls]\nacme_email = "a@b.example"', /tls\.acme_email is set/],
    [`${named}acme_challenge = "dns-01"`, /tls\.dns_server is missing/],
    [`${named}dns_server = "192.0.2.1"`, /tls\.dns_key_file is missing/],
    [`${named}acme_directory = "http://a.example"`, /must be an https:\/\/ address/],
    [`${named}acme_email = "nobody"`, /acme_email must be an address/],
  ]
  for (const [text, message] of wrong) await assert.rejects(load(text), message, text)
})
