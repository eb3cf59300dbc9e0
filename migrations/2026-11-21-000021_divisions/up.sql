CREATE TABLE division (
    contest_id uuid NOT NULL CONSTRAINT division_contest REFERENCES contest,
    name text NOT NULL CONSTRAINT division_name_length CHECK (char_length(name) BETWEEN 1 AND 50),
    position smallint NOT NULL CONSTRAINT division_position_positive CHECK (position > 0),
    CONSTRAINT division_pkey PRIMARY KEY (contest_id, name)
);
COMMENT ON TABLE division IS 'A bracket of a contest with a board of its own, in the order in which staff lists them.';

ALTER TABLE team
    ADD COLUMN division text,
    ADD CONSTRAINT division_in_use FOREIGN KEY (contest_id, division) REFERENCES division (contest_id, name);
COMMENT ON COLUMN team.division IS 'The bracket it plays in; null for none.';
