CREATE TABLE clarification (
    contest_id uuid NOT NULL,
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    asked_by text NOT NULL CONSTRAINT clarification_by_somebody CHECK (asked_by <> ''),
    question_id uuid,
    text text NOT NULL CONSTRAINT clarification_text_length CHECK (char_length(text) BETWEEN 1 AND 2000),
    asked_at timestamptz NOT NULL,
    CONSTRAINT clarification_pkey PRIMARY KEY (contest_id, id),
    CONSTRAINT clarification_team FOREIGN KEY (contest_id, team_id) REFERENCES team,
    CONSTRAINT clarification_question FOREIGN KEY (contest_id, question_id) REFERENCES contest_question
);
CREATE INDEX clarification_by_team ON clarification (contest_id, team_id, id);
COMMENT ON TABLE clarification IS 'What a team asked staff; open until it has an answer.';
COMMENT ON COLUMN clarification.asked_by IS 'The member who asked, by name: members may leave.';
COMMENT ON COLUMN clarification.question_id IS 'The question of the team''s own that it is about, if any.';

CREATE TABLE clarification_answer (
    contest_id uuid NOT NULL,
    clarification_id uuid NOT NULL,
    answer_no smallint NOT NULL CONSTRAINT clarification_answer_no_positive CHECK (answer_no > 0),
    text text NOT NULL CONSTRAINT clarification_answer_length CHECK (char_length(text) BETWEEN 1 AND 2000),
    announcement integer,
    answered_by text NOT NULL CONSTRAINT clarification_answer_by_somebody CHECK (answered_by <> ''),
    answered_at timestamptz NOT NULL,
    CONSTRAINT clarification_answered PRIMARY KEY (contest_id, clarification_id, answer_no),
    CONSTRAINT clarification_answer_question FOREIGN KEY (contest_id, clarification_id) REFERENCES clarification,
    CONSTRAINT clarification_answer_announcement FOREIGN KEY (contest_id, announcement) REFERENCES announcement
);
COMMENT ON TABLE clarification_answer IS 'What staff answered: the first answer is 1, corrections of it follow.';
COMMENT ON COLUMN clarification_answer.announcement IS 'By which everybody was told, if everybody was.';
