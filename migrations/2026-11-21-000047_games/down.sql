DROP TABLE high_score;
DROP TABLE reported_score;
DROP TABLE game;
