DROP TABLE verified_log;
DROP TABLE last_check;
