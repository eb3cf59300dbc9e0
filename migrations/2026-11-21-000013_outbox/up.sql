-- Every command writes here, and the reference made each of them lock the contest's one row for a moment.
-- The row cannot vanish (contests are never deleted), and the event log keeps its own reference.
ALTER TABLE outbox DROP CONSTRAINT outbox_contest;
