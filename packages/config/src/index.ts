export { Secret } from './secret.ts'
export { ConfigError } from './config-error.ts'
export { acmeChallenges, portNames, portVariable, proxiedPorts } from './config.ts'
export {
  imapExtension,
  type ImapExtension,
  imapExtensions,
  withDependents,
} from './imap-extensions.ts'
export type {
  AcmeChallengeKind,
  AcmeConfig,
  AcmeDnsConfig,
  ImapClientRule,
  ClientsConfig,
  ImapConfig,
  Config,
  DatabaseConfig,
  DeliveryConfig,
  Limits,
  ListConfig,
  LogFormat,
  LogLevel,
  MxConfig,
  PlaintextRule,
  PortName,
  Ports,
  ProxiedPort,
  ProxyConfig,
  TlsConfig,
} from './config.ts'
export { configPath, loadConfig } from './load-config.ts'
export type { ConfigSource } from './load-config.ts'
export { environmentVariable, processEnvironment } from './environment.ts'
export type { Environment } from './environment.ts'
export { configKeys, type ConfigKey } from './keys.ts'
export { readKeys, type SetKey } from './read-keys.ts'
