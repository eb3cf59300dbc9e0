CREATE VIEW audit_assignments AS
    SELECT question_id, team_id, assigned_at AS at, contest_id, state, exclusive
    FROM assignment
    WHERE state = 'assigned' OR revealed_at IS NOT NULL;
COMMENT ON VIEW audit_assignments IS 'Who holds or held which question; an exclusive one appears once.';

CREATE VIEW audit_ledger AS
    SELECT team_id, seq, amount, balance_after, kind, ref, contest_id, at, actor, reason FROM ledger_entry;
COMMENT ON VIEW audit_ledger IS 'Every change of points.';

CREATE VIEW audit_balances AS
    SELECT id AS team_id, points AS balance, contest_id FROM team;
COMMENT ON VIEW audit_balances IS 'What the board says each team has.';

CREATE VIEW audit_idempotency AS
    SELECT principal, key, status, at FROM idempotency;
COMMENT ON VIEW audit_idempotency IS 'Which requests were answered, and how.';
