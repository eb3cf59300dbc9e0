ALTER TABLE outbox ADD CONSTRAINT outbox_contest FOREIGN KEY (contest_id) REFERENCES contest;
