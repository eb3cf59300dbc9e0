DROP TABLE chat_mute;
DROP TABLE chat_message;
DROP INDEX contest_event_message;
ALTER TABLE contest_event DROP CONSTRAINT contest_event_audience_known,
    ADD CONSTRAINT contest_event_audience_known CHECK (audience IN ('public', 'team', 'staff'));
ALTER TABLE outbox DROP CONSTRAINT outbox_audience_known,
    ADD CONSTRAINT outbox_audience_known CHECK (audience IN ('public', 'team', 'staff'));
