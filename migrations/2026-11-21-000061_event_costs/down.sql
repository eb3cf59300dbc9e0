CREATE OR REPLACE FUNCTION extend_chain(state bytea, head bytea, event text) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN link_hash(coalesce(state, head), event);
ALTER TABLE contest_event ADD CONSTRAINT contest_event_contest FOREIGN KEY (contest_id) REFERENCES contest;
