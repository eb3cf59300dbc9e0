DROP TABLE member;
DROP TABLE team;
