/** True where rule `k` holds recipient `r` of message `m`: all that it says is so, and nobody released it after it was made. */
export const ruleMatches = `k.created_at > coalesce(r.released_at, '-infinity')
  AND (k.sender IS NULL OR k.sender = lower(m.sender))
  AND (k.sender_domain IS NULL OR k.sender_domain = lower(substring(m.sender FROM '@([^@]*)$')))
  AND (k.account_id IS NULL OR k.account_id = m.account_id)
  AND (k.destination IS NULL OR k.destination = r.destination)
  AND (k.recipient IS NULL OR k.recipient = lower(r.address))
  AND (k.older_than_seconds IS NULL OR m.submitted_at < now() - make_interval(secs => k.older_than_seconds))
  AND (k.larger_than IS NULL OR m.size > k.larger_than)
  AND (k.origin IS NULL OR k.origin = m.origin)`

/** What a rule writes into a recipient that it holds; `k` is the rule. A lease that ran out stays: who claims next is told of it. */
export const heldByRule = `state = 'held',
  held_at = now(), held_by = 'rule', held_because = k.because, held_rule = k.rule_id`
