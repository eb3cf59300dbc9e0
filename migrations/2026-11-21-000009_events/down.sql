DROP FUNCTION event_hash;
DROP TABLE contest_event;
DROP TABLE outbox;
