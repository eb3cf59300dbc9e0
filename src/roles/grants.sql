-- What the server's own role may do, after each migration: read and write rows, and nothing else.
-- It owns nothing, so it can neither change the schema nor switch a trigger off. :role is its name.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :role;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM :role;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :role;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO :role;
-- What is written once stays as it is.
REVOKE UPDATE, DELETE ON ledger_entry, contest_event, audit_log, question_version, answer_key, clarification_answer, reported_score FROM :role;
-- Which migrations were applied is for whoever applies them to say.
REVOKE INSERT, UPDATE, DELETE ON __diesel_schema_migrations FROM :role;
