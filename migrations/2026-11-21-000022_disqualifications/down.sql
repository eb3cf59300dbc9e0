ALTER TABLE team
    DROP COLUMN disqualified_by,
    DROP COLUMN disqualified_for;
