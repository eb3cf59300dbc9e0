DROP VIEW audit_idempotency;
DROP VIEW audit_balances;
DROP VIEW audit_ledger;
DROP VIEW audit_assignments;
