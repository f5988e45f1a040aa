/** So often in a row there was no such mailbox: once may be a mistake of theirs. */
export const strikesNeeded = 2

/** A mailbox may be made again, or made for the first time. */
export const strikesKeepDays = 7

/** A host that says so once in a while is not saying it again and again. */
const strikesCountDays = 30

/** Hosts' ways to say that a mailbox does not exist (RFC 3463 §3.2; some say 5.1.10, which RFC 7505 §4.2 keeps for null MX). */
const noMailbox = `d.kind = 'bounced' AND d.host IS NOT NULL AND d.enhanced IN ('5.1.1', '5.1.10')`

const total = `(CASE WHEN s.struck_at < now() - interval '${strikesCountDays} days' THEN 0 ELSE s.strikes END + excluded.strikes)`

/**
 * A CTE over `done` (outcomes as they are recorded): counts bounces for want of a mailbox, and suppresses the address at the last
 * straw. What an operator has put there stays his.
 */
export const strike = `INSERT INTO suppression AS s (address_key, address, because, made_by, strikes, struck_at, since, until)
    SELECT lower(d.address), min(d.address), min(d.text), 'delivery', count(*), now(),
      CASE WHEN count(*) >= ${strikesNeeded} THEN now() END,
      CASE WHEN count(*) >= ${strikesNeeded} THEN now() + interval '${strikesKeepDays} days' END
    FROM done d WHERE ${noMailbox} GROUP BY lower(d.address) ORDER BY 1
    ON CONFLICT (address_key) DO UPDATE SET because = excluded.because, struck_at = now(), strikes = ${total},
      since = CASE WHEN ${total} >= ${strikesNeeded} THEN now() END,
      until = CASE WHEN ${total} >= ${strikesNeeded} THEN now() + interval '${strikesKeepDays} days' END
    WHERE s.made_by = 'delivery'`

/** A CTE over `done`: whoever takes a message exists. */
export const clear = `DELETE FROM suppression s USING done d
    WHERE d.kind = 'delivered' AND s.address_key = lower(d.address) AND s.made_by = 'delivery'`
