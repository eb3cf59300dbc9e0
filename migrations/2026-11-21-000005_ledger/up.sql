CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
END $$;
COMMENT ON FUNCTION refuse_change IS 'Keeps the ledger and the event log append-only.';

CREATE TABLE ledger_entry (
    contest_id uuid NOT NULL,
    team_id uuid NOT NULL,
    seq integer NOT NULL CONSTRAINT ledger_entry_seq_positive CHECK (seq > 0),
    kind text NOT NULL CONSTRAINT ledger_entry_kind_known CHECK (kind IN
        ('opening', 'award', 'penalty', 'first_correct', 'box_price', 'box_refund', 'adjustment', 'reversal')),
    ref uuid NOT NULL,
    amount bigint NOT NULL,
    balance_after bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text,
    reason text,
    reverses integer,
    CONSTRAINT ledger_entry_pkey PRIMARY KEY (contest_id, team_id, seq),
    CONSTRAINT ledger_entry_team FOREIGN KEY (contest_id, team_id) REFERENCES team,
    CONSTRAINT ledger_entry_once UNIQUE (contest_id, kind, ref),
    CONSTRAINT already_reversed UNIQUE (contest_id, team_id, reverses),
    CONSTRAINT ledger_entry_reverses FOREIGN KEY (contest_id, team_id, reverses) REFERENCES ledger_entry,
    CONSTRAINT ledger_entry_reversal_names_entry CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
    CONSTRAINT ledger_entry_who_and_why CHECK
        (kind NOT IN ('adjustment', 'reversal')
         OR (coalesce(actor, '') <> '' AND coalesce(reason, '') <> ''))
);
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE ledger_entry IS 'Every change of a team''s points, append-only, numbered 1..n for each team.';
COMMENT ON COLUMN ledger_entry.ref IS 'The fact behind the entry: a team, judgement, opening or adjustment.';
