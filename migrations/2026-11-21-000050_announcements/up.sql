CREATE TABLE announcement (
    contest_id uuid NOT NULL CONSTRAINT announcement_contest REFERENCES contest,
    number integer NOT NULL CONSTRAINT announcement_number_positive CHECK (number > 0),
    title text NOT NULL CONSTRAINT announcement_title_length CHECK (char_length(title) BETWEEN 1 AND 200),
    body text NOT NULL CONSTRAINT announcement_body_length CHECK (char_length(body) <= 10000),
    priority text NOT NULL CONSTRAINT announcement_priority_known CHECK (priority IN ('normal', 'urgent')),
    must_acknowledge boolean NOT NULL,
    division text,
    team_id uuid,
    corrects integer,
    made_by text NOT NULL CONSTRAINT announcement_by_somebody CHECK (made_by <> ''),
    made_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT announcement_pkey PRIMARY KEY (contest_id, number),
    CONSTRAINT announcement_team FOREIGN KEY (contest_id, team_id) REFERENCES team,
    CONSTRAINT announcement_corrects FOREIGN KEY (contest_id, corrects) REFERENCES announcement,
    CONSTRAINT announcement_corrects_older CHECK (corrects < number),
    CONSTRAINT announcement_one_address CHECK (division IS NULL OR team_id IS NULL)
);
CREATE UNIQUE INDEX announcement_closed ON announcement (contest_id, corrects) WHERE corrects IS NOT NULL;
COMMENT ON TABLE announcement IS
    'What staff told everybody, a division or one team: numbered 1..n for each contest, never edited.';
COMMENT ON COLUMN announcement.corrects IS 'The announcement that this one takes the place of.';
COMMENT ON INDEX announcement_closed IS 'An announcement is corrected once; then it is the correction that is corrected.';

CREATE TABLE acknowledgement (
    contest_id uuid NOT NULL,
    number integer NOT NULL,
    team_id uuid NOT NULL,
    by_member text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT acknowledgement_pkey PRIMARY KEY (contest_id, number, team_id),
    CONSTRAINT acknowledgement_announcement FOREIGN KEY (contest_id, number) REFERENCES announcement,
    CONSTRAINT acknowledgement_team FOREIGN KEY (contest_id, team_id) REFERENCES team
);
COMMENT ON TABLE acknowledgement IS 'A team says that it has taken note; the first of its members who does.';

CREATE TABLE read_mark (
    contest_id uuid NOT NULL,
    team_id uuid NOT NULL,
    member_id uuid NOT NULL,
    up_to integer NOT NULL CONSTRAINT read_mark_up_to_positive CHECK (up_to >= 0),
    CONSTRAINT read_mark_pkey PRIMARY KEY (contest_id, team_id, member_id),
    CONSTRAINT read_mark_member FOREIGN KEY (contest_id, team_id, member_id) REFERENCES member ON DELETE CASCADE
);
COMMENT ON TABLE read_mark IS 'Up to which announcement a member has read.';
