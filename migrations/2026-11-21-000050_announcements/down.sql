DROP TABLE read_mark;
DROP TABLE acknowledgement;
DROP TABLE announcement;
