DROP TABLE ws_ticket;
DROP TABLE start_link;
DROP TABLE staff_token;
