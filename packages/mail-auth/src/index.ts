export type {
  ArcResult,
  ArcVerdict,
  AuthenticationInput,
  AuthenticationVerdict,
  DkimResult,
  DkimVerdict,
  DmarcResult,
  DmarcVerdict,
  Evidence,
  ReverseVerdict,
  SpfResult,
  SpfVerdict,
} from './verdict.ts'
