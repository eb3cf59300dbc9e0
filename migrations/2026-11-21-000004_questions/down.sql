DROP TABLE free_question;
DROP TABLE contest_question;
DROP TABLE answer_key;
ALTER TABLE question DROP CONSTRAINT question_current_version;
DROP TABLE question_version;
DROP TABLE question;
