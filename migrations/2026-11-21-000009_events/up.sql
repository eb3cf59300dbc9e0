CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
    contest_id uuid NOT NULL CONSTRAINT outbox_contest REFERENCES contest,
    kind text NOT NULL,
    audience text NOT NULL CONSTRAINT outbox_audience_known CHECK (audience IN ('public', 'team', 'staff')),
    team_id uuid,
    payload jsonb NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT outbox_team_audience CHECK (audience <> 'team' OR team_id IS NOT NULL)
);
COMMENT ON TABLE outbox IS 'What happened, written with the change, waiting for its number.';

CREATE TABLE contest_event (
    contest_id uuid NOT NULL CONSTRAINT contest_event_contest REFERENCES contest,
    seq bigint NOT NULL CONSTRAINT contest_event_seq_positive CHECK (seq > 0),
    kind text NOT NULL,
    audience text NOT NULL CONSTRAINT contest_event_audience_known CHECK (audience IN ('public', 'team', 'staff')),
    team_id uuid,
    payload jsonb NOT NULL,
    at timestamptz NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT contest_event_pkey PRIMARY KEY (contest_id, seq)
);
CREATE TRIGGER contest_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contest_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE contest_event IS 'The event log: numbered 1..n for each contest, each hash chained to the one before.';

CREATE FUNCTION event_text(contest_id uuid, seq bigint, kind text, audience text, team_id uuid,
                           payload jsonb, at timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN concat_ws(E'\x1f', contest_id::text, seq::text, kind, audience, coalesce(team_id::text, ''),
                     payload::text, (extract(epoch FROM at) * 1000000)::bigint::text);
COMMENT ON FUNCTION event_text IS 'All that an event says, as one line.';

CREATE FUNCTION link_hash(previous bytea, event text) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(coalesce(previous, ''::bytea) || convert_to(event, 'UTF8'));
COMMENT ON FUNCTION link_hash IS 'SHA-256 over the hash before and the event.';

CREATE FUNCTION extend_chain(state bytea, head bytea, event text) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN link_hash(coalesce(state, head), event);
CREATE AGGREGATE hash_chain(head bytea, event text) (SFUNC = extend_chain, STYPE = bytea);
COMMENT ON AGGREGATE hash_chain(bytea, text) IS 'Chains events, in window order, to the hash of the log''s head.';
