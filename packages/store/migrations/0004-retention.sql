-- Retention: which expunged messages are due for the purge is asked by age, all accounts together. Only
-- expunges are in this index, so a change of flags costs nothing more.
CREATE INDEX mailbox_log_expunged ON mailbox_log (at) WHERE kind = 'expunge';
