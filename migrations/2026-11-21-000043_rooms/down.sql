DROP TABLE room_problem;
DROP TABLE room_member;
DROP INDEX room_open;
DROP TABLE room;
