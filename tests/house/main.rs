//! The house, tested from outside: real servers on real ports, a real PostgreSQL, and
//! nothing but HTTP and WebSocket in between. Each test has a database of its own, and
//! every invariant of the game is checked after each of them.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(clippy::needless_pass_by_value, reason = "json!(…) reads best where it is used")]
#![allow(missing_debug_implementations, unreachable_pub, reason = "nobody else uses this crate")]

mod support;
mod two_layers;

mod accounts;
mod announcements;
mod assignments;
mod asyncapi;
mod attendance;
mod audit;
mod auth;
mod breaches;
mod browser;
mod chat;
mod checker;
mod clarifications;
mod classic;
mod clocks;
mod conduct;
mod contests;
mod crowd;
mod database;
mod desk;
mod divisions;
mod documents;
mod drain;
mod embargo;
mod errands;
mod events;
mod eyes;
mod failover;
mod fanout;
mod faults;
mod freeze;
mod high_scores;
mod history;
mod housekeeping;
mod idempotency;
mod kept_boards;
mod leaderboard;
mod leadership;
mod ledger;
mod limits;
mod live_demo;
mod lost_replies;
mod monitor;
mod mystery_boxes;
mod players;
mod questions;
mod races;
mod refusals;
mod reports;
mod requests;
mod results;
mod roles;
mod rooms;
mod roster;
mod secrets;
mod security;
mod shared_limits;
mod sockets;
mod submissions;
mod teams;
mod tokens;
mod walls;
