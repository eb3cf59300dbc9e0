CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_log_pkey PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL CONSTRAINT audit_log_actor_named CHECK (actor <> ''),
    token_id uuid,
    action text NOT NULL,
    contest_id uuid,
    kind text NOT NULL,
    target uuid,
    before jsonb,
    after jsonb,
    reason text,
    request_id text NOT NULL
);
CREATE INDEX audit_log_contest ON audit_log (contest_id, id);
CREATE INDEX audit_log_actor ON audit_log (actor, id);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE audit_log IS 'What staff did, append-only, written in the transaction that did it.';
COMMENT ON COLUMN audit_log.token_id IS 'Whose token it was; null for the command line and the start link.';
COMMENT ON COLUMN audit_log.action IS 'The operation, as the description of the interface calls it.';
COMMENT ON COLUMN audit_log.kind IS 'What kind of thing the target is.';
COMMENT ON COLUMN audit_log.before IS 'The target as it was; without tokens and answers.';
