DROP TABLE ledger_entry;
DROP FUNCTION refuse_change;
