CREATE TABLE room (
    contest_id uuid CONSTRAINT room_pkey PRIMARY KEY CONSTRAINT room_contest REFERENCES contest,
    owner_id uuid NOT NULL CONSTRAINT room_owner REFERENCES account,
    private boolean NOT NULL,
    members smallint NOT NULL DEFAULT 0,
    max_members smallint NOT NULL CONSTRAINT room_max_members_range CHECK (max_members BETWEEN 1 AND 1000),
    CONSTRAINT room_full CHECK (members BETWEEN 0 AND max_members)
);
CREATE INDEX room_of_owner ON room (owner_id);
COMMENT ON TABLE room IS 'A contest of kind room: who owns it, and how many may come. It is open while the contest is played.';
COMMENT ON COLUMN room.private IS 'Not in the list of open rooms: whoever knows its code finds it.';
CREATE INDEX room_open ON contest (id) WHERE kind = 'room' AND state IN ('running', 'paused');

CREATE TABLE room_member (
    contest_id uuid NOT NULL CONSTRAINT room_member_room REFERENCES room,
    team_id uuid NOT NULL,
    user_id uuid NOT NULL CONSTRAINT room_member_user REFERENCES account,
    joined_at timestamptz NOT NULL,
    gone_at timestamptz,
    removed boolean NOT NULL DEFAULT false,
    CONSTRAINT room_member_pkey PRIMARY KEY (contest_id, team_id),
    CONSTRAINT room_member_once UNIQUE (contest_id, user_id),
    CONSTRAINT room_member_team FOREIGN KEY (contest_id, team_id) REFERENCES team,
    CONSTRAINT room_member_removed_is_gone CHECK (gone_at IS NOT NULL OR NOT removed)
);
COMMENT ON TABLE room_member IS 'Who is, or was, in a room; each plays in a team of one.';
COMMENT ON COLUMN room_member.joined_at IS 'When they came, the last time: who has stayed longest inherits the room.';

CREATE TABLE room_problem (
    contest_id uuid NOT NULL CONSTRAINT room_problem_room REFERENCES room,
    no integer NOT NULL CONSTRAINT room_problem_no_positive CHECK (no > 0),
    problem_id text NOT NULL CONSTRAINT room_problem_id_length CHECK (char_length(problem_id) BETWEEN 1 AND 100),
    question_id uuid NOT NULL,
    CONSTRAINT room_problem_pkey PRIMARY KEY (contest_id, no),
    CONSTRAINT problem_exists UNIQUE (contest_id, problem_id),
    CONSTRAINT room_problem_question FOREIGN KEY (contest_id, question_id) REFERENCES contest_question
);
COMMENT ON TABLE room_problem IS 'How a room calls its questions: names are the room''s own, those of the bank belong to all contests.';
