-- Whose end a reply is kept until. No foreign key: it would lock the contest at every keyed request.
ALTER TABLE idempotency ADD COLUMN contest_id uuid;
UPDATE idempotency i SET contest_id = t.contest_id FROM team t WHERE i.principal = 'team:' || t.id;
DROP INDEX idempotency_age;
CREATE INDEX idempotency_of_contest ON idempotency (contest_id, at);
COMMENT ON COLUMN idempotency.contest_id IS 'The contest that it is about, until whose end it is kept; null when it is about none.';

CREATE INDEX refresh_token_expiry ON refresh_token (expires_at);
