CREATE TABLE question (
    id uuid CONSTRAINT question_pkey PRIMARY KEY,
    external_id text CONSTRAINT external_id_taken UNIQUE
        CONSTRAINT question_external_id_length CHECK (char_length(external_id) BETWEEN 1 AND 100),
    current_version integer NOT NULL DEFAULT 1,
    retired_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE question IS 'The bank: what stays the same over all versions of a question.';

CREATE TABLE question_version (
    question_id uuid NOT NULL CONSTRAINT question_version_question REFERENCES question,
    version integer NOT NULL CONSTRAINT question_version_positive CHECK (version > 0),
    kind text NOT NULL CONSTRAINT question_kind_known CHECK
        (kind IN ('single_choice', 'multiple_choice', 'true_false', 'text', 'numeric')),
    text text NOT NULL CONSTRAINT question_text_length CHECK (char_length(text) BETWEEN 1 AND 10000),
    options jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT question_version_pkey PRIMARY KEY (question_id, version)
);
COMMENT ON TABLE question_version IS 'What a team may read of a question; never changed, an edit adds the next version.';
ALTER TABLE question ADD CONSTRAINT question_current_version
    FOREIGN KEY (id, current_version) REFERENCES question_version DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE answer_key (
    question_id uuid NOT NULL,
    version integer NOT NULL,
    key jsonb NOT NULL,
    explanation text NOT NULL DEFAULT '',
    CONSTRAINT answer_key_pkey PRIMARY KEY (question_id, version),
    CONSTRAINT answer_key_version FOREIGN KEY (question_id, version) REFERENCES question_version
);
COMMENT ON TABLE answer_key IS 'The right answers, apart from the questions: only grading and editors read this table.';

CREATE TABLE contest_question (
    contest_id uuid NOT NULL CONSTRAINT contest_question_contest REFERENCES contest,
    question_id uuid NOT NULL,
    version integer NOT NULL,
    difficulty text NOT NULL CONSTRAINT contest_question_difficulty_known
        CHECK (difficulty IN ('EASY', 'MEDIUM', 'HARD')),
    category text NOT NULL CONSTRAINT contest_question_category_length
        CHECK (char_length(category) BETWEEN 1 AND 100),
    points bigint NOT NULL CONSTRAINT contest_question_points_positive CHECK (points >= 0),
    exclusive boolean NOT NULL DEFAULT true,
    pool text NOT NULL DEFAULT 'regular' CONSTRAINT contest_question_pool_known
        CHECK (pool IN ('regular', 'mystery')),
    state text NOT NULL DEFAULT 'open' CONSTRAINT contest_question_state_known
        CHECK (state IN ('draft', 'open', 'locked', 'withdrawn')),
    max_attempts smallint NOT NULL DEFAULT 1
        CONSTRAINT contest_question_attempts_range CHECK (max_attempts BETWEEN 1 AND 100),
    time_limit_ms bigint CONSTRAINT contest_question_time_limit_positive CHECK (time_limit_ms > 0),
    edit_version integer NOT NULL DEFAULT 1,
    CONSTRAINT contest_question_pkey PRIMARY KEY (contest_id, question_id),
    CONSTRAINT contest_question_version FOREIGN KEY (question_id, version) REFERENCES question_version,
    CONSTRAINT contest_question_as_assigned UNIQUE (contest_id, question_id, exclusive, pool)
);
CREATE INDEX contest_question_shared ON contest_question (contest_id, pool, difficulty) WHERE NOT exclusive;
COMMENT ON TABLE contest_question IS 'A question placed in a contest, with the version that is played there.';
COMMENT ON CONSTRAINT contest_question_as_assigned ON contest_question IS
    'Assignments refer to these four together, so that none can claim to be shared when it is not.';

CREATE TABLE free_question (
    contest_id uuid NOT NULL,
    question_id uuid NOT NULL,
    pool text NOT NULL,
    difficulty text NOT NULL,
    category text NOT NULL,
    position double precision NOT NULL DEFAULT random(),
    CONSTRAINT free_question_pkey PRIMARY KEY (contest_id, question_id),
    CONSTRAINT free_question_question FOREIGN KEY (contest_id, question_id) REFERENCES contest_question
);
CREATE INDEX free_question_any ON free_question (contest_id, pool, position);
CREATE INDEX free_question_by_difficulty ON free_question (contest_id, pool, difficulty, position);
CREATE INDEX free_question_by_category ON free_question (contest_id, pool, category, position);
CREATE INDEX free_question_by_both ON free_question (contest_id, pool, difficulty, category, position);
COMMENT ON TABLE free_question IS
    'The free list: a row is here exactly while an open exclusive question belongs to nobody. Taking a question deletes its row.';
COMMENT ON COLUMN free_question.position IS 'Random, so that a draw that starts anywhere is a random draw.';
