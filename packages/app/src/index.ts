export { appNames, dispensableApps } from './app.ts'
export type { App, AppName, OpenPort, Running, Services } from './app.ts'
export type { Control, OpenRequest } from './control/control.ts'
export { ControlDesk, silence } from './control/control-desk.ts'
export { readLogQuestion, readRequest, type Asked } from './control/read-request.ts'
export { sessionProtocols } from './control/requests.ts'
export type {
  Ask,
  Given,
  Health,
  Kick,
  Kicked,
  LevelWanted,
  Part,
  RequestName,
  Requests,
  SessionFacts,
  SessionProtocol,
  SessionsWanted,
} from './control/requests.ts'
export {
  AccountSessions,
  type HeldSession,
  type SessionWords,
  type WhyOver,
} from './account-sessions.ts'
export { PlaceCounts, type Places, type Want } from './places.ts'
export { watchGrants } from './watch-grants.ts'
export { mayUsePassword } from './plaintext-rule.ts'
export { proxyNetworksOf, xclientNetworksOf } from './proxy-networks.ts'
export { resolverOf } from './resolver-of.ts'
export { createTlsSource } from './tls-source.ts'
export type { TlsMaterial, TlsSource, UnusableCertificate } from './tls-source.ts'
export { serveCertificates } from './serve-certificates.ts'
export type { Serving, ServingContext } from './serve-certificates.ts'
export { certificateNames, plainServerName } from './certificate-names.ts'
export { listenEverywhere } from './listen-everywhere.ts'
export type { PortPlan } from './listen-everywhere.ts'
export { startLineApp } from './line-app.ts'
export type { LineAppOptions } from './line-app.ts'
export { drainMs } from './limits.ts'
export { runUntilStopped } from './run-until-stopped.ts'
export type { ProcessHooks } from './run-until-stopped.ts'
