ALTER TABLE audit_log ADD COLUMN account_id uuid;
COMMENT ON TABLE audit_log IS 'What staff did, and what people did to their own accounts; append-only, written in the transaction that did it.';
COMMENT ON COLUMN audit_log.account_id IS 'Whose account it was, of staff or its owner''s; names alone could be anybody''s.';
