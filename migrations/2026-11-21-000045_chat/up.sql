-- What the players of a contest say to each other, and nobody else hears.
ALTER TABLE outbox DROP CONSTRAINT outbox_audience_known,
    ADD CONSTRAINT outbox_audience_known CHECK (audience IN ('public', 'players', 'team', 'staff'));
ALTER TABLE contest_event DROP CONSTRAINT contest_event_audience_known,
    ADD CONSTRAINT contest_event_audience_known CHECK (audience IN ('public', 'players', 'team', 'staff'));
CREATE INDEX contest_event_message ON contest_event (contest_id, seq) WHERE kind = 'message_sent';
COMMENT ON INDEX contest_event_message IS 'Messages in their order, which is that of the log.';

CREATE TABLE chat_message (
    contest_id uuid NOT NULL,
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    body text CONSTRAINT chat_message_length CHECK (char_length(body) BETWEEN 1 AND 1000),
    deleted_by text CONSTRAINT chat_message_deleted_by_known CHECK (deleted_by IN ('author', 'owner', 'staff')),
    CONSTRAINT chat_message_pkey PRIMARY KEY (contest_id, id),
    CONSTRAINT chat_message_team FOREIGN KEY (contest_id, team_id) REFERENCES team,
    CONSTRAINT chat_message_deleted_is_gone CHECK ((body IS NULL) = (deleted_by IS NOT NULL))
);
COMMENT ON TABLE chat_message IS 'The text of what was said. It stands here and not in the event log, so that it can be deleted.';

CREATE TABLE chat_mute (
    contest_id uuid NOT NULL,
    team_id uuid NOT NULL,
    CONSTRAINT chat_mute_pkey PRIMARY KEY (contest_id, team_id),
    CONSTRAINT chat_mute_team FOREIGN KEY (contest_id, team_id) REFERENCES team
);
COMMENT ON TABLE chat_mute IS 'Who may not say anything.';
