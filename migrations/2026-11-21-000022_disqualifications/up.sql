ALTER TABLE team
    ADD COLUMN disqualified_by text,
    ADD COLUMN disqualified_for text,
    ADD CONSTRAINT team_disqualified_who_and_why CHECK
        (state <> 'disqualified' OR (coalesce(disqualified_by, '') <> '' AND coalesce(disqualified_for, '') <> ''));
COMMENT ON COLUMN team.disqualified_by IS 'Who disqualified it; kept when it is reinstated.';
COMMENT ON COLUMN team.disqualified_for IS 'Why it was disqualified.';
