COMMENT ON TABLE audit_log IS 'What staff did, append-only, written in the transaction that did it.';
ALTER TABLE audit_log DROP COLUMN account_id;
