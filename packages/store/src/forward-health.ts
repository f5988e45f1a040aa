import type { Database } from './database.ts'
import { statement } from './statement.ts'

/** So many refusals in a row, of the newest messages, pause a target. */
export const refusalsInARow = 10
/** So few where the target's host says that it is our mail that it does not want (5.7.x, RFC 3463 §3.8). */
export const policyRefusalsInARow = 3
/** A paused target is tried again with one message after this time. */
export const probeMinutes = 60
/** The newest messages that are looked at: of what all wait, nothing is known. */
const looked = 64

/** The newest messages of one path, and what became of them. `path`: an SQL expression. */
const newestOf = (path: string): string => `
  SELECT r.*, f.queue_id AS made FROM (
    SELECT g.queue_id, g.n FROM forwarding g WHERE g.path = ${path} ORDER BY g.queue_id DESC LIMIT ${looked}
  ) f JOIN queue_recipient r ON r.queue_id = f.queue_id AND r.n = f.n`

/**
 * One row: `is_failing` (repeated permanent refusals since it was last resumed) and `is_paused` (that, and nothing has been
 * tried for an hour or is being tried now). Read from what stands in the queue for a week: a success ends it by itself.
 */
export const healthOf = (path: string): string => `
  SELECT coalesce(v.is_failing, false) AS is_failing, coalesce(v.is_failing, false) AND (
      v.finished_at > now() - interval '${probeMinutes} minutes' OR v.is_tried) AS is_paused
  FROM (
    SELECT max(w.last_at) FILTER (WHERE w.place IS NOT NULL) AS finished_at,
      (count(*) FILTER (WHERE w.place <= ${refusalsInARow}) = ${refusalsInARow}
        AND bool_and(w.state = 'bounced') FILTER (WHERE w.place <= ${refusalsInARow}))
      OR (count(*) FILTER (WHERE w.place <= ${policyRefusalsInARow}) = ${policyRefusalsInARow}
        AND bool_and(w.state = 'bounced' AND w.last_enhanced LIKE '5.7.%')
          FILTER (WHERE w.place <= ${policyRefusalsInARow})) AS is_failing,
      bool_or(w.state = 'waiting' AND coalesce(w.last_at, now()) > now() - interval '${probeMinutes} minutes')
        AS is_tried
    FROM (
      SELECT m.state, m.last_at, m.last_enhanced, CASE WHEN m.is_finished
        THEN row_number() OVER (PARTITION BY m.is_finished ORDER BY m.made DESC) END AS place
      FROM (
        SELECT x.*, x.state IN ('delivered', 'bounced') AND x.last_at > coalesce((
          SELECT u.resumed_at FROM forward_resume u WHERE u.path = ${path}), '-infinity') AS is_finished
        FROM (${newestOf(path)}) x
      ) m
    ) w
  ) v`

/** How a target does, from the mail of the last week. */
export interface TargetHealth {
  readonly state: 'well' | 'failing' | 'paused'
  readonly sent: number
  /** Waiting after an attempt that failed. */
  readonly deferred: number
  readonly bounced: number
  /** Not tried yet. */
  readonly waiting: number
  readonly lastAt: Date | undefined
  /** The newest answer: `550 5.1.1 No such user`. */
  readonly lastAnswer: string | undefined
}

/** A forwarder's target by its path, and how it does. */
export interface PathHealth extends TargetHealth {
  readonly path: string
}

interface Row {
  readonly path: string
  readonly is_failing: boolean
  readonly is_paused: boolean
  readonly sent: number
  readonly deferred: number
  readonly bounced: number
  readonly waiting: number
  readonly last_at: Date | null
  readonly last_code: number | null
  readonly last_enhanced: string | null
  readonly last_text: string | null
}

const ofPaths = statement<Row>(
  'forward_health',
  `SELECT p.path, h.is_failing, h.is_paused, c.*, l.last_at, l.last_code, l.last_enhanced, l.last_text
  FROM unnest($1::text[]) AS p (path)
  CROSS JOIN LATERAL (${healthOf('p.path')}) h
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE r.state = 'delivered')::int AS sent,
      count(*) FILTER (WHERE r.state = 'waiting' AND r.last_at IS NOT NULL)::int AS deferred,
      count(*) FILTER (WHERE r.state = 'bounced')::int AS bounced,
      count(*) FILTER (WHERE r.state = 'waiting' AND r.last_at IS NULL)::int AS waiting
    FROM forwarding f JOIN queue_recipient r ON r.queue_id = f.queue_id AND r.n = f.n WHERE f.path = p.path
  ) c
  LEFT JOIN LATERAL (
    SELECT x.last_at, x.last_code, x.last_enhanced, x.last_text FROM (${newestOf('p.path')}) x
    WHERE x.last_at IS NOT NULL ORDER BY x.last_at DESC LIMIT 1
  ) l ON true`,
)

/** Paths that anything was passed on by in the last week, each once by hopping through the index: those that are paused. */
const paused = statement<{ readonly path: string }>(
  'forward_paused',
  `WITH RECURSIVE step AS (
    (SELECT path FROM forwarding ORDER BY path LIMIT 1)
    UNION ALL
    SELECT (SELECT f.path FROM forwarding f WHERE f.path > s.path ORDER BY f.path LIMIT 1)
    FROM step s WHERE s.path IS NOT NULL
  ) SELECT s.path FROM step s CROSS JOIN LATERAL (${healthOf('s.path')}) h
  WHERE s.path IS NOT NULL AND h.is_failing ORDER BY s.path LIMIT 1000`,
)

/** How these paths do, in their order. */
export async function healthOfPaths(
  database: Database,
  paths: readonly string[],
): Promise<readonly PathHealth[]> {
  const rows = await database.query(ofPaths, [paths])
  const found = new Map(rows.map((row) => [row.path, healthFrom(row)]))
  return paths.flatMap((path) => {
    const health = found.get(path)
    return health === undefined ? [] : [{ path, ...health }]
  })
}

/** Paths whose targets are paused, or would be but for a message that tries them. */
export async function pausedPaths(database: Database): Promise<readonly string[]> {
  const rows = await database.query(paused)
  return rows.map(({ path }) => path)
}

function healthFrom(row: Row): TargetHealth {
  const { sent, deferred, bounced, waiting } = row
  const answer = [row.last_code, row.last_enhanced, row.last_text]
    .filter((part) => part !== null && part !== '')
    .join(' ')
  return {
    state: row.is_paused ? 'paused' : row.is_failing ? 'failing' : 'well',
    sent,
    deferred,
    bounced,
    waiting,
    lastAt: row.last_at ?? undefined,
    lastAnswer: answer === '' ? undefined : answer,
  }
}
