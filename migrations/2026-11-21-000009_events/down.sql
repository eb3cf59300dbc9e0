DROP AGGREGATE hash_chain(bytea, text);
DROP FUNCTION extend_chain;
DROP FUNCTION link_hash;
DROP FUNCTION event_text;
DROP TABLE contest_event;
DROP TABLE outbox;
