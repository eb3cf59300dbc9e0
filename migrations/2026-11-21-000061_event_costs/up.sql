-- Each event had its contest looked up and locked for a moment. Contests are never deleted, and the sequencer
-- looks the contest up once for all that it numbers.
ALTER TABLE contest_event DROP CONSTRAINT contest_event_contest;

-- In SQL it was planned anew by every statement that chains; in PL/pgSQL each connection plans it once.
CREATE OR REPLACE FUNCTION extend_chain(state bytea, head bytea, event text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN link_hash(coalesce(state, head), event);
END $$;
