import type { AcmeChallenge, Certificate, MissingName } from './certificates.ts'
import { statement, tupleStatement } from './statement.ts'

/** Wakes whoever serves certificates. Payload: the name of the one that changed. */
export const certificateChannel = 'posthouse_certificate'
/** Wakes whoever answers an authority's questions. */
export const challengeChannel = 'posthouse_challenge'

/** A certificate's row, its private keys left out. */
export interface CertificateRow {
  readonly name: string
  readonly source: Certificate['source']
  readonly names: readonly string[]
  readonly chain: string | null
  readonly pin: Buffer
  readonly next_pin: Buffer | null
  readonly next_ready_at: Date | null
  readonly not_before: Date | null
  readonly not_after: Date | null
  readonly issued_at: Date | null
  readonly renew_at: Date | null
  readonly left_seconds: number | null
  readonly renew_in: number
  readonly rest: number
  readonly next_ready_in: number | null
  readonly order_url: string | null
  readonly order_names: readonly string[] | null
  readonly order_is_next: boolean | null
  readonly failures: number
  readonly problem_kind: string | null
  readonly problem: string | null
  readonly problem_at: Date | null
}

const until = (column: string): string => `extract(epoch FROM ${column} - now())::float8`

const columns = `name, source, names, chain, pin, next_pin, next_ready_at, not_before, not_after, issued_at, renew_at,
  ${until('not_after')} AS left_seconds, coalesce(${until('renew_at')}, CASE WHEN source = 'acme' THEN 0 ELSE 1e9 END) AS renew_in,
  coalesce(${until('retry_at')}, 0) AS rest, ${until('next_ready_at')} AS next_ready_in,
  order_url, order_names, order_is_next, failures, problem_kind, problem, problem_at`

export const listCertificates = statement<CertificateRow>(
  'cert_list',
  `SELECT ${columns} FROM certificate ORDER BY created_at, name`,
)
export const findCertificate = statement<CertificateRow>(
  'cert_find',
  `SELECT ${columns} FROM certificate WHERE name = $1`,
)
export const importedNames = tupleStatement<readonly [string]>(
  'cert_imported',
  `SELECT unnest(names) FROM certificate WHERE source = 'imported' AND not_after > now()`,
)
export const listMissing = statement<{
  readonly name: string
  readonly certificate: string
  readonly because: string
  readonly failures: number
  readonly rest: number
  readonly checked_at: Date
}>(
  'cert_missing',
  `SELECT name, certificate, because, failures, coalesce(${until('retry_at')}, 0) AS rest, checked_at
  FROM certificate_name WHERE $1::text IS NULL OR certificate = $1 ORDER BY certificate, name`,
)
export const servedRows = tupleStatement<
  readonly [
    name: string,
    source: Certificate['source'],
    chain: string,
    pin: Buffer,
    privateKey: Buffer,
  ]
>(
  'cert_served',
  `SELECT name, source, chain, pin, private_key FROM certificate
  WHERE chain IS NOT NULL AND ($1::text IS NULL OR name = $1) ORDER BY name`,
)
export const insertCertificate = statement(
  'cert_insert',
  `INSERT INTO certificate (name, source, pin, private_key) VALUES ($1, 'acme', $2, $3)
  ON CONFLICT (name) DO NOTHING`,
)
export const keyRow = tupleStatement<
  readonly [
    pin: Buffer,
    privateKey: Buffer,
    nextPin: Buffer | null,
    nextKey: Buffer | null,
    hasChain: boolean,
  ]
>(
  'cert_key',
  `SELECT pin, private_key, next_pin, next_key, chain IS NOT NULL FROM certificate WHERE name = $1`,
)
export const setNext = statement(
  'cert_next',
  `UPDATE certificate SET next_pin = $2, next_key = $3, next_ready_at = NULL
  WHERE name = $1 AND next_pin IS NULL`,
)
/** Before the first certificate it takes the key's place; after it, that of the next one, which is ready at once. */
export const replaceKey = statement<{ readonly name: string }>(
  'cert_replace_key',
  `UPDATE certificate SET
    pin = CASE WHEN chain IS NULL THEN $2 ELSE pin END,
    private_key = CASE WHEN chain IS NULL THEN $3 ELSE private_key END,
    next_pin = CASE WHEN chain IS NOT NULL THEN $2 END,
    next_key = CASE WHEN chain IS NOT NULL THEN $3 END,
    next_ready_at = CASE WHEN chain IS NOT NULL THEN now() END,
    order_url = NULL, order_names = NULL, order_is_next = NULL
  WHERE name = $1 AND source = 'acme' RETURNING name`,
)
/** The first sight counts: who looks again does not put it off. */
export const noteNext = statement(
  'cert_note_next',
  `UPDATE certificate SET next_ready_at = CASE WHEN $2::float8 IS NOT NULL
    THEN coalesce(next_ready_at, now() + make_interval(secs => 2 * $2::float8)) END
  WHERE name = $1 AND next_pin IS NOT NULL`,
)
export const noteOrder = statement(
  'cert_order',
  `UPDATE certificate SET order_url = $2, order_names = $3::text[], order_is_next = $4 WHERE name = $1`,
)
export const installCertificate = statement<{ readonly name: string }>(
  'cert_install',
  `UPDATE certificate SET chain = $2, names = $3::text[], not_before = $4, not_after = $5,
    renew_at = greatest($6::timestamptz, now() + make_interval(secs => $8::float8)), issued_at = now(), failures = 0, retry_at = NULL, problem_kind = NULL, problem = NULL, problem_at = NULL,
    order_url = NULL, order_names = NULL, order_is_next = NULL,
    pin = CASE WHEN $7 THEN next_pin ELSE pin END,
    private_key = CASE WHEN $7 THEN next_key ELSE private_key END,
    next_pin = CASE WHEN $7 THEN NULL ELSE next_pin END,
    next_key = CASE WHEN $7 THEN NULL ELSE next_key END,
    next_ready_at = CASE WHEN $7 THEN NULL ELSE next_ready_at END
  WHERE name = $1 AND source = 'acme' AND ($7 IS FALSE OR next_pin IS NOT NULL) RETURNING name`,
)
export const dropCovered = statement(
  'cert_drop_covered',
  `DELETE FROM certificate_name WHERE name = ANY ($1::text[])`,
)
export const setRenewal = statement(
  'cert_renew_at',
  `UPDATE certificate SET renew_at = $2 WHERE name = $1 AND chain IS NOT NULL`,
)
export const noteFailure = statement(
  'cert_failure',
  `UPDATE certificate SET failures = failures + 1, retry_at = now() + make_interval(secs => $4::float8),
    problem_kind = $2, problem = $3, problem_at = now() WHERE name = $1`,
)
export const noteIdle = statement(
  'cert_idle',
  `UPDATE certificate SET retry_at = now() + make_interval(secs => $2::float8) WHERE name = $1`,
)
/** A name that failed is forgotten only once it is proved, or leads elsewhere: how often it failed decides how long it waits. */
export const forgetMissing = statement(
  'cert_forget_missing',
  `DELETE FROM certificate_name WHERE certificate = $1 AND failures = 0 AND name <> ALL ($2::text[])`,
)
export const noteMissing = statement(
  'cert_note_missing',
  `INSERT INTO certificate_name AS n (certificate, name, because)
  SELECT $1, m.name, m.because FROM unnest($2::text[], $3::text[]) AS m (name, because)
  ON CONFLICT (name) DO UPDATE SET certificate = excluded.certificate, because = excluded.because,
    failures = 0, retry_at = NULL, checked_at = now()
  WHERE n.retry_at IS NULL OR n.retry_at <= now()`,
)
export const noteNameFailure = statement(
  'cert_name_failure',
  `INSERT INTO certificate_name AS n (certificate, name, because, failures, retry_at)
  VALUES ($1, $2, $3, 1, now() + make_interval(secs => $4::float8))
  ON CONFLICT (name) DO UPDATE SET certificate = excluded.certificate, because = excluded.because,
    failures = n.failures + 1, retry_at = excluded.retry_at, checked_at = now()`,
)
export const importCertificate = statement(
  'cert_import',
  `INSERT INTO certificate (name, source, names, chain, pin, private_key, not_before, not_after, issued_at)
  VALUES ($1, 'imported', $2::text[], $3, $4, $5, $6, $7, now())
  ON CONFLICT (name) DO UPDATE SET source = 'imported', names = excluded.names, chain = excluded.chain,
    pin = excluded.pin, private_key = excluded.private_key, not_before = excluded.not_before,
    not_after = excluded.not_after, issued_at = now(), renew_at = NULL, next_pin = NULL, next_key = NULL,
    next_ready_at = NULL, order_url = NULL, order_names = NULL, order_is_next = NULL, failures = 0,
    retry_at = NULL, problem_kind = NULL, problem = NULL, problem_at = NULL`,
)
export const removeCertificate = statement<{ readonly name: string }>(
  'cert_remove',
  `DELETE FROM certificate WHERE name = $1 RETURNING name`,
)
export const findAccount = tupleStatement<
  readonly [privateKey: Buffer, url: string | null, email: string | null]
>('acme_account_find', `SELECT private_key, url, email FROM acme_account WHERE directory = $1`)
export const keepAccount = statement(
  'acme_account_keep',
  `INSERT INTO acme_account (directory, private_key, url, email) VALUES ($1, $2, $3, $4)
  ON CONFLICT (directory) DO UPDATE SET private_key = excluded.private_key, url = excluded.url,
    email = excluded.email`,
)
/** What an interrupted order left behind goes with the next one's. */
export const purgeChallenges = statement(
  'acme_challenge_purge',
  `DELETE FROM acme_challenge WHERE created_at < now() - interval '1 day'`,
)
export const putChallenge = statement(
  'acme_challenge_put',
  `INSERT INTO acme_challenge (token, kind, name, answer) VALUES ($1, $2, $3, $4)
  ON CONFLICT (token) DO UPDATE SET kind = excluded.kind, name = excluded.name, answer = excluded.answer`,
)
export const dropChallenges = statement(
  'acme_challenge_drop',
  `DELETE FROM acme_challenge WHERE token = ANY ($1::text[])`,
)
export const challengeAnswer = tupleStatement<readonly [string]>(
  'acme_challenge_answer',
  `SELECT answer FROM acme_challenge WHERE token = $1 AND kind = 'http-01'`,
)
export const listChallenges = statement<AcmeChallenge>(
  'acme_challenge_list',
  `SELECT token, kind, name, answer FROM acme_challenge ORDER BY created_at DESC LIMIT 1000`,
)

/** A row as others see it. */
export function certificateOf(row: CertificateRow): Certificate {
  const { order_url: url, order_names: names, order_is_next: isNext, problem } = row
  return {
    name: row.name,
    source: row.source,
    names: row.names,
    chain: row.chain ?? undefined,
    pin: row.pin,
    nextPin: row.next_pin ?? undefined,
    nextReadyAt: row.next_ready_at ?? undefined,
    notBefore: row.not_before ?? undefined,
    notAfter: row.not_after ?? undefined,
    issuedAt: row.issued_at ?? undefined,
    renewAt: row.renew_at ?? undefined,
    leftSeconds: row.left_seconds ?? undefined,
    renewInSeconds: row.renew_in,
    restSeconds: row.rest,
    nextReadyInSeconds: row.next_ready_in ?? undefined,
    order: url === null || names === null || isNext === null ? undefined : { url, names, isNext },
    failures: row.failures,
    problem:
      problem === null || row.problem_at === null
        ? undefined
        : { kind: row.problem_kind ?? '', text: problem, at: row.problem_at },
  }
}

/** The same of a name that is missing. */
export function missingOf({
  rest,
  checked_at: checkedAt,
  ...row
}: {
  readonly name: string
  readonly certificate: string
  readonly because: string
  readonly failures: number
  readonly rest: number
  readonly checked_at: Date
}): MissingName {
  return { ...row, restSeconds: rest, checkedAt }
}
