DROP TABLE contest_pause;
DROP TABLE contest;
