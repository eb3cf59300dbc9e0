DROP INDEX assignment_due;
CREATE INDEX assignment_open ON assignment (contest_id, expires_at) WHERE state IN ('assigned', 'revealed');
