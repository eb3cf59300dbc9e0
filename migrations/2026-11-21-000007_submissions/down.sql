DROP TABLE first_correct;
DROP TABLE judgement;
DROP TABLE submission;
